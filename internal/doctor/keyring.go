package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// inFile is what it means that a key is in a file.
const inFile = "Whoever can read that file can read the history. Transfers work without a keyring."

// checkKeyring says where the key of the history is, or will be, and what that means.
func checkKeyring(ctx context.Context, probe keyProbe) Check {
	ctx, cancel := context.WithTimeout(ctx, keyringTimeout)
	defer cancel()
	f := probe.key(ctx)
	c := Check{Name: "keyring", State: OK}
	if f.file == "" {
		c.State, c.Text = Warning, "there is no folder for the history and its key"
		return c
	}
	if f.failure != nil {
		c.State = Warning
		c.Text, c.Hint = withoutKey(f)
		return c
	}
	switch {
	case f.place == devicekey.PlacePassword:
		c.Text = "the key of the history is in the file " + f.file + " under a password, which TALLOW_VAULT_PASSWORD has"
	case f.keyring == nil && f.place == devicekey.PlaceKeyring:
		c.Text = "the keyring works, and has the key of the history"
	case f.keyring == nil && f.place == "":
		c.Text = "the keyring works: the key of the history will be there"
	case f.keyring == nil:
		c.State, c.Text = Warning, fmt.Sprintf("the keyring works, but the key of the history is in the file %s, as it did not work when that was made", f.file)
		c.Hint = "Whoever can read that file can read the history. A new history has its key in the keyring: tallow vault destroy"
	default:
		verb := "is"
		if f.place == "" {
			verb = "will be"
		}
		if !f.unwanted {
			c.State = Warning
		}
		c.Text = fmt.Sprintf("no keyring is used (%v): the key of the history %s in the file %s", f.keyring, verb, f.file)
		c.Hint = inFile
	}
	return c
}

// withoutKey says why there is a key that cannot be had, and what to do.
func withoutKey(f keyFacts) (text, hint string) {
	const anew = "To begin a new history: tallow vault destroy"
	var unreachable *devicekey.KeyringError
	switch {
	case errors.Is(f.failure, devicekey.ErrLocked):
		return "the vault is locked: nothing is recorded until it is unlocked", "tallow vault unlock"
	case errors.Is(f.failure, devicekey.ErrPassword):
		return "the vault is locked, and TALLOW_VAULT_PASSWORD does not have its password: nothing is recorded", "Mend or unset that variable, or unlock the vault: tallow vault unlock"
	case errors.As(f.failure, &unreachable):
		return fmt.Sprintf("the key of the history is in the keyring, which cannot be reached (%v): nothing is recorded until it can", unreachable.Err),
			"Unlock the keyring, or run tallow in the session where that is."
	case errors.Is(f.failure, devicekey.ErrLost):
		return "the keyring does not have the key of the history any more: nothing is recorded", anew
	case errors.Is(f.failure, devicekey.ErrDamaged):
		return "the key of the history is damaged: nothing is recorded", "Restore the file " + f.file + " from a backup. " + anew
	}
	return fmt.Sprintf("the key of the history cannot be read: %v", f.failure), "Look at what is there: " + f.file
}
