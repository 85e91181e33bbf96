package main

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/history"
	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/internal/vault/backup"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newVaultImport(p *program) *cobra.Command {
	var replace bool
	source := &passwordSource{}
	cmd := &cobra.Command{
		Use:   "import [flags] FILE",
		Short: "Have the vault that a file of tallow vault export has",
		Long: `Have the vault that a file of tallow vault export has, with its key, the
history, and the list of what is stored at relays. If there is a vault on this
machine already, as after a transfer, --replace destroys it first. A FILE of "-"
is stdin.

The password is that of the file: it is asked for, or taken from --password-file
or TALLOW_PASSWORD. The vault itself has no password afterwards, until
tallow vault lock gives it one.`,
		Example: `  tallow vault import tallow.vault
  tallow vault import --replace tallow.vault`,
		Args:              oneArgument("file", "tallow vault import tallow.vault"),
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.importVault(cmd.Context(), args[0], source, replace)
		},
	}
	cmd.Flags().BoolVar(&replace, "replace", false, "destroy the vault that there is on this machine")
	source.register(cmd)
	return cmd
}

func (p *program) importVault(ctx context.Context, name string, source *passwordSource, replace bool) error {
	return p.withVault(ctx, func(store devicekey.Store, status devicekey.Status) error {
		if status.Place != "" && !replace {
			return usage("--replace destroys it, with the history, the list of what is stored, and the devices.", "this machine has a vault already")
		}
		in, err := p.openExport(name)
		if err != nil {
			return err
		}
		defer in.Close()
		var password string
		err = p.atTerminal(func(ask *prompt) (err error) {
			password, err = source.get(ctx, p, ask)
			return err
		})
		if err != nil {
			return err
		}
		opened, err := p.importFrom(ctx, store, in, password)
		if err != nil {
			return exportedBy{"tallow vault export", "Export the vault again."}.failure(visible(name), err)
		}
		p.keyWarnings(opened, p.warner())
		return p.tellVault(ctx, store, "The vault of "+visible(name)+" is the one of this machine now.")
	})
}

// openExport opens the file of an exported vault, or stdin.
func (p *program) openExport(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(p.stdin), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, &failure{kind: tallow.KindIO, message: visible(name) + " cannot be read: " + cause(err), hint: "Check the path.", err: err}
	}
	return f, nil
}

// importFrom replaces the vault by the one of a file.
func (p *program) importFrom(ctx context.Context, store devicekey.Store, in io.Reader, password string) (devicekey.Opened, error) {
	from, err := backup.Open(in, password)
	if err != nil {
		return devicekey.Opened{}, err
	}
	defer from.Key.Wipe()
	return store.Replace(ctx, from.Key, func(dir string) error {
		if err := from.Extract(dir, databases()); err != nil {
			return err
		}
		return tryVault(ctx, dir, from.Key)
	})
}

// tryVault opens the databases that are in a folder of state, to see that this version
// can use them.
func tryVault(ctx context.Context, dir string, key *devicekey.Key) error {
	for _, name := range databases() {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			continue // it is not in every vault
		}
		var s io.Closer
		var err error
		folder := filepath.Join(dir, path.Dir(name))
		if path.Dir(name) == historyFolder {
			s, err = history.Open(ctx, folder, key, nil)
		} else {
			s, err = storedlist.Open(ctx, folder, key, nil)
		}
		if err == nil {
			err = s.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
