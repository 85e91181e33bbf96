package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newVaultDestroy(p *program) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "destroy [flags]",
		Short: "Delete the vault and the key that it is sealed with",
		Long: `Delete the vault and the key that it is sealed with: the history, the list of
what is stored at relays, and the devices, which have to be paired anew. Copies
of it, as in a backup, cannot be read any more, unless they have the key as
well, or are of tallow vault export. The next transfer begins a new vault.

What is stored stays at its relay until it expires, and nobody can delete it
sooner. A locked vault is destroyed without its password.`,
		Example: `  tallow vault destroy
  tallow vault destroy --yes`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !yes {
				if err := p.confirmDestroy(cmd.Context()); err != nil {
					return err
				}
			}
			return p.destroyVault(cmd.Context())
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "destroy it without asking")
	return cmd
}

// confirmDestroy asks whether the vault is to be destroyed.
func (p *program) confirmDestroy(ctx context.Context) error {
	return p.atTerminal(func(ask *prompt) error {
		if ask == nil {
			return usage("To destroy it without being asked: --yes", "there is no terminal to ask whether to destroy the vault")
		}
		ok, err := ask.yes(ctx, "The history, the list of what is stored at relays, and the devices are lost then.\nDestroy the vault? (y/n) ")
		if err == nil && !ok {
			err = &failure{kind: tallow.KindDeclined, message: "the vault was not destroyed"}
		}
		return err
	})
}

// destroyVault destroys the key and all that it has sealed.
func (p *program) destroyVault(ctx context.Context) error {
	if p.stateDir() == "" {
		return p.vaultFailure(ctx, errNoStateDir)
	}
	_, noList := os.Lstat(filepath.Join(p.storedDir(), storedlist.Files()[0]))
	_, noDevices := os.Lstat(filepath.Join(p.devicesDir(), devices.Files()[0]))
	err := patiently(ctx, p.keyStore().Destroy)
	var unreachable *devicekey.KeyringError
	switch {
	case err == nil:
	case ctx.Err() != nil, errors.As(err, &unreachable), errors.Is(err, devicekey.ErrNotPrivate), errors.Is(err, devicekey.ErrBusy):
		return p.vaultFailure(ctx, err)
	default:
		return &failure{kind: tallow.KindIO, message: "the vault could not be destroyed, or not all of it: " + cause(err), hint: "End other tallow commands, look at " + p.stateDir() + ", and run it again.", err: err}
	}
	if p.json {
		return p.writeEvent(struct {
			Event string `json:"event"`
		}{"destroyed"})
	}
	newScreen(p).say("The vault and its key are gone, and the history with them.")
	if noList == nil {
		newScreen(p).say("So is the list of what is stored at relays. That stays there until it expires.")
	}
	if noDevices == nil {
		newScreen(p).say("So are the devices. To have them again, pair with each of them: tallow devices pair")
	}
	return nil
}
