package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newVaultLock(p *program) *cobra.Command {
	source := &passwordSource{variable: vaultPasswordVariable}
	cmd := &cobra.Command{
		Use:   "lock [flags]",
		Short: "Lock the vault with a password",
		Long: `Lock the vault: its key is removed from the keyring, or from the file, and is
left under a password alone. The first time the password is chosen: it is asked
for twice, or taken from --password-file or TALLOW_VAULT_PASSWORD. Without it
nobody can read the vault any more, and so it is not to be forgotten.

Until tallow vault unlock, transfers keep nothing, and commands about the
history and about what is stored do not work, unless TALLOW_VAULT_PASSWORD has
the password. A transfer that runs already is still recorded.`,
		Example:           `  tallow vault lock`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.lockVault(cmd.Context(), source) },
	}
	source.register(cmd)
	return cmd
}

func (p *program) lockVault(ctx context.Context, source *passwordSource) error {
	return p.withVault(ctx, func(store devicekey.Store, status devicekey.Status) error {
		password := ""
		if status.Password && source.file != "" {
			return usage("To give it another one: tallow vault password", "the vault has a password already")
		}
		if !status.Password {
			err := p.atTerminal(func(ask *prompt) (err error) {
				password, err = source.choose(ctx, p, ask)
				return err
			})
			if err != nil {
				return err
			}
		}
		if err := patiently(ctx, func(ctx context.Context) error { return store.Lock(ctx, password) }); err != nil {
			return err
		}
		return p.tellVault(ctx, store, "The vault is locked. To unlock it: tallow vault unlock")
	})
}

// atTerminal calls f with who is asked; nil if there is no terminal.
func (p *program) atTerminal(f func(ask *prompt) error) error {
	console, err := p.openConsole(newScreen(p))
	if err != nil {
		return f(nil)
	}
	defer console.close()
	return f(&prompt{console: console})
}

func newVaultUnlock(p *program) *cobra.Command {
	source := &passwordSource{variable: vaultPasswordVariable}
	cmd := &cobra.Command{
		Use:   "unlock [flags]",
		Short: "Unlock the vault, until it is locked again",
		Long: `Unlock the vault: its key is put back into the keyring, or into the file if
there is no keyring, until tallow vault lock, also beyond the end of the
session. The password is asked for, or taken from --password-file or
TALLOW_VAULT_PASSWORD.

For a single command, as in a script, the vault need not be unlocked: give that
command the password in TALLOW_VAULT_PASSWORD.`,
		Example:           `  tallow vault unlock`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.unlockVault(cmd.Context(), source) },
	}
	source.register(cmd)
	return cmd
}

func (p *program) unlockVault(ctx context.Context, source *passwordSource) error {
	return p.withVault(ctx, func(store devicekey.Store, status devicekey.Status) error {
		if !status.Password {
			return p.tellVault(ctx, store, "The vault has no password, and so it is not locked.")
		}
		err := p.atTerminal(func(ask *prompt) error { return p.unlockWith(ctx, store, source, ask) })
		if err != nil {
			return err
		}
		return p.tellVault(ctx, store, "The vault is unlocked. To lock it: tallow vault lock")
	})
}

// unlockWith unlocks the vault. Only a person can try another password.
func (p *program) unlockWith(ctx context.Context, store devicekey.Store, source *passwordSource, ask *prompt) error {
	for {
		password, err := source.get(ctx, p, ask)
		if err != nil {
			return err
		}
		err = patiently(ctx, func(ctx context.Context) error {
			o, err := store.Unlock(ctx, password)
			if err == nil {
				o.Key.Wipe()
				p.keyWarnings(o, p.warner())
			}
			return err
		})
		if !errors.Is(err, devicekey.ErrPassword) {
			return err
		}
		if _, given, _ := source.stored(p); given {
			return wrongPassword("this is not the password of the vault")
		}
		fmt.Fprintln(ask.console.out, "This is not the password. Capital letters and spaces count.")
	}
}

// wrongPassword is the error of a password that nobody can type again.
func wrongPassword(message string) error {
	return &failure{kind: tallow.KindCode, reason: tallow.ReasonPasswordWrong, message: message, hint: "Capital letters and spaces count."}
}

func newVaultPassword(p *program) *cobra.Command {
	var remove bool
	var file string
	cmd := &cobra.Command{
		Use:   "password [flags]",
		Short: "Give the vault a password, another one, or none",
		Long: `Give the vault a password, or another one than it has. The vault has to be
unlocked, or TALLOW_VAULT_PASSWORD has to have the present password. The new one
is asked for, twice, or is the first line of --password-file.

Copies of the file device-key that were made before still open with the earlier
password.`,
		Example: `  tallow vault password
  tallow vault password --remove`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if remove && file != "" {
				return usage("Give one of them.", "--remove needs no --password-file")
			}
			return p.changeVaultPassword(cmd.Context(), file, remove)
		},
	}
	cmd.Flags().StringVar(&file, "password-file", "", "a `FILE` whose first line is the new password (default: it is asked for)")
	cmd.Flags().BoolVar(&remove, "remove", false, "take the password from the vault, which cannot be locked then")
	return cmd
}

func (p *program) changeVaultPassword(ctx context.Context, file string, remove bool) error {
	return p.withVault(ctx, func(store devicekey.Store, status devicekey.Status) error {
		if status.Place == devicekey.PlacePassword && (remove || store.Password == "") {
			return devicekey.ErrLocked
		}
		if remove {
			if err := patiently(ctx, store.RemovePassword); err != nil {
				return err
			}
			return p.tellVault(ctx, store, "The vault has no password any more.")
		}
		password, err := p.newVaultPassword(ctx, file)
		if err != nil {
			return err
		}
		if err := patiently(ctx, func(ctx context.Context) error { return store.SetPassword(ctx, password) }); err != nil {
			return err
		}
		return p.tellVault(ctx, store, "The vault has a new password.")
	})
}

// newVaultPassword returns the first line of a file, or else what a person types.
func (p *program) newVaultPassword(ctx context.Context, file string) (password string, err error) {
	if file != "" {
		if password, err = readSecret("password", "--password-file", file); err == nil {
			err = checkPassword(password)
		}
		return password, err
	}
	err = p.atTerminal(func(ask *prompt) (err error) {
		if ask == nil {
			return usage("Put it into a --password-file.", "there is no password, and no terminal to ask for it")
		}
		password, err = ask.newPassword(ctx)
		return err
	})
	return password, err
}
