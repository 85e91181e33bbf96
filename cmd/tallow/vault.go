package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newVault(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vault",
		Short: "Look after the key that seals what is kept on this machine",
		Long: `The vault is what tallow keeps on this machine, sealed with a key of this
machine's: the history, the list of what is stored at relays, and the devices.
The key is in the keyring, or else in a file, so that nobody has to be asked for
it.

With a password the vault can be locked: then there is nothing on this machine
by which it can be read, until it is unlocked. Transfers work meanwhile, and
nothing of them is kept.`,
		Example: `  tallow vault
  tallow vault lock
  tallow vault unlock
  tallow vault export -o backup.vault
  tallow vault destroy`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.showVault(cmd.Context()) },
	}
	status := &cobra.Command{
		Use:               "status",
		Short:             "Say whether the vault is locked, as vault does by itself",
		Example:           "  tallow vault status\n  tallow vault status --json",
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.showVault(cmd.Context()) },
	}
	cmd.AddCommand(status, newVaultLock(p), newVaultUnlock(p), newVaultPassword(p), newVaultExport(p), newVaultImport(p), newVaultDestroy(p))
	return cmd
}

// withVault calls f with the place of the key and what can be said of it. Errors are put
// into words.
func (p *program) withVault(ctx context.Context, f func(devicekey.Store, devicekey.Status) error) error {
	if p.stateDir() == "" {
		return p.vaultFailure(ctx, errNoStateDir)
	}
	store := p.keyStore()
	var status devicekey.Status
	err := patiently(ctx, func(ctx context.Context) (err error) {
		status, err = store.Status(ctx)
		return err
	})
	if err == nil {
		p.keyWarnings(devicekey.Opened{Exposed: status.Exposed}, p.warner())
		err = f(store, status)
	}
	if err == nil || errors.As(err, new(*failure)) || errors.As(err, new(*tallow.Error)) {
		return err
	}
	return p.vaultFailure(ctx, err)
}

// patiently calls f, which has as long as a keyring may take.
func patiently(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, historyPatience)
	defer cancel()
	return f(ctx)
}

// vaultFailure is the error of a command about the vault.
func (p *program) vaultFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted()
	}
	text, hint := p.historyCause(err)
	if !errors.Is(err, devicekey.ErrLocked) {
		text = "the vault cannot be used: " + text
	}
	return &failure{kind: tallow.KindIO, message: text, hint: hint, err: err}
}

// showVault prints what can be said of the vault.
func (p *program) showVault(ctx context.Context) error {
	return p.withVault(ctx, func(_ devicekey.Store, status devicekey.Status) error {
		if p.json {
			return p.writeEvent(vaultEvent(status))
		}
		return p.table(func(w io.Writer) {
			fmt.Fprintf(w, "vault\t%s\n", vaultState(status))
			fmt.Fprintf(w, "key\t%s\n", p.keyText(status))
			fmt.Fprintf(w, "password\t%s\n", passwordText(status))
		})
	})
}

// vaultState is the state of the vault, for people and programs.
func vaultState(s devicekey.Status) string {
	switch s.Place {
	case "":
		return "empty"
	case devicekey.PlacePassword:
		return "locked"
	}
	return "unlocked"
}

// keyText says where the key is.
func (p *program) keyText(s devicekey.Status) string {
	switch s.Place {
	case "":
		return "none was made yet"
	case devicekey.PlaceKeyring:
		return "in the keyring"
	case devicekey.PlaceFile:
		return "in the file " + p.keyFile()
	}
	return "in the file " + p.keyFile() + ", under the password"
}

func passwordText(s devicekey.Status) string {
	if s.Password {
		return "yes"
	}
	return "none"
}

// vaultEvent is the state of the vault as an event of --json.
func vaultEvent(s devicekey.Status) any {
	place := s.Place
	if place == devicekey.PlacePassword {
		place = ""
	}
	return struct {
		Event    string `json:"event"`
		State    string `json:"state"`
		Key      string `json:"key"`
		Password bool   `json:"password"`
	}{"vault", vaultState(s), string(place), s.Password}
}

// tellVault ends a command that has changed the vault, with a sentence or an event.
func (p *program) tellVault(ctx context.Context, store devicekey.Store, sentence string) error {
	if !p.json {
		newScreen(p).say("%s", sentence)
		return nil
	}
	return patiently(ctx, func(ctx context.Context) error {
		status, err := store.Status(ctx)
		if err != nil {
			return err
		}
		return p.writeEvent(vaultEvent(status))
	})
}
