package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/vault/backup"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// exportName is the file of an exported vault, unless it has another name.
const exportName = "tallow.vault"

func newVaultExport(p *program) *cobra.Command {
	var output string
	source := &passwordSource{}
	cmd := &cobra.Command{
		Use:   "export [flags]",
		Short: "Put the vault into a file under a password",
		Long: `Put the vault into a file under a password, for tallow vault import on another
machine, or as a backup: its key, the history, and the list of what is stored at
relays. The vault stays as it is, and has to be unlocked. The devices are not in
the file: tallow devices export moves them.

The password is that of the file alone. It is asked for, twice, or taken from
--password-file or TALLOW_PASSWORD. Whoever has the file can try passwords for
as long as they like, so choose one that nobody can guess.`,
		Example: `  tallow vault export
  tallow vault export -o /media/stick/laptop.vault`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "" {
				return usage("", "--output is empty")
			}
			return p.exportVault(cmd.Context(), output, source)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", exportName, "the file to write or a folder for it, a `PATH`, or - for stdout")
	source.register(cmd)
	return cmd
}

func (p *program) exportVault(ctx context.Context, output string, source *passwordSource) error {
	out := exportFile{path: output, inFolder: exportName, elsewhere: "Give it another name with --output.", stdout: p.stdout}
	if output == "-" {
		p.eventsToStderr = true
	} else if err := out.check(); err != nil {
		return err
	}
	return p.withVault(ctx, func(store devicekey.Store, status devicekey.Status) error {
		switch {
		case status.Place == "":
			return usage("The first transfer begins one.", "there is no vault yet")
		case status.Place == devicekey.PlacePassword && store.Password == "":
			return devicekey.ErrLocked
		}
		var password string
		err := p.atTerminal(func(ask *prompt) (err error) {
			password, err = source.choose(ctx, p, ask)
			return err
		})
		if err != nil {
			return err
		}
		key, files, err := p.copyVault(ctx, store)
		if err != nil {
			return err
		}
		defer key.Wipe()
		if err := out.write(func(f *os.File) error { return backup.Write(f, password, key, files) }); err != nil {
			return err
		}
		return p.tellExported(out)
	})
}

// copyVault returns the key, and the databases as they are at this moment.
func (p *program) copyVault(ctx context.Context, store devicekey.Store) (key *devicekey.Key, files []backup.File, err error) {
	err = patiently(ctx, func(ctx context.Context) error {
		return store.Use(ctx, false, func(o devicekey.Opened) error {
			for _, name := range databases() {
				content, err := sealeddb.Copy(ctx, filepath.Join(p.stateDir(), filepath.FromSlash(name)))
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					return err
				}
				files = append(files, backup.File{Name: name, Content: content})
			}
			key, err = devicekey.ParseKey(o.Key.Secret())
			return err
		})
	})
	return key, files, err
}

func (p *program) tellExported(out exportFile) error {
	if out.path != "-" && !p.json {
		newScreen(p).say("The vault is in %s (%s). To have it on another machine: tallow vault import", visible(out.path), bytesText(out.size))
		return nil
	}
	return p.tellWritten(out)
}

// tellWritten tells a program what was exported, unless it went to stdout.
func (p *program) tellWritten(out exportFile) error {
	if out.path == "-" {
		return nil
	}
	return p.writeEvent(struct {
		Event string `json:"event"`
		Path  string `json:"path"`
		Bytes int64  `json:"bytes"`
	}{"written", out.path, out.size})
}

// exportFile is where what is exported goes.
type exportFile struct {
	path      string // "-" is stdout
	inFolder  string // its name, if path is a folder
	elsewhere string // the hint for another place
	size      int64
	stdout    *os.File
}

// check resolves a folder to a file in it. No file may be there yet.
func (e *exportFile) check() error {
	if info, err := os.Stat(e.path); err == nil && info.IsDir() {
		e.path = filepath.Join(e.path, e.inFolder)
	}
	if _, err := os.Lstat(e.path); err == nil {
		return e.taken()
	}
	return nil
}

func (e *exportFile) taken() error {
	return &failure{kind: tallow.KindIO, reason: tallow.ReasonExists, message: visible(e.path) + " is there already and was not touched", hint: e.elsewhere}
}

// write has f write the file, which has its name once it is complete.
func (e *exportFile) write(f func(*os.File) error) error {
	if e.path == "-" {
		if err := f(e.stdout); err != nil {
			return brokenOutput(err)
		}
		return nil
	}
	temp, err := os.CreateTemp(filepath.Dir(e.path), "."+filepath.Base(e.path)+".*") // with the mode 0600
	if err != nil {
		return e.failed(err)
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	err = f(temp)
	if err == nil {
		err = temp.Sync()
	}
	if info, failed := temp.Stat(); failed == nil {
		e.size = info.Size()
	}
	if err := errors.Join(err, temp.Close()); err != nil {
		return e.failed(err)
	}
	err = os.Link(temp.Name(), e.path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return e.taken()
	}
	if err := os.Rename(temp.Name(), e.path); err != nil { // a file system without hard links
		return e.failed(err)
	}
	return nil
}

func (e *exportFile) failed(err error) error {
	return &failure{kind: tallow.KindIO, message: visible(e.path) + " could not be written: " + cause(err), hint: e.elsewhere, err: err}
}
