package main

import (
	"context"
	"errors"
	"path"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/history"
	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

var (
	errKeyringOff = errors.New("TALLOW_KEYRING is off")
	errNoStateDir = errors.New("this user has no folder for it")
)

// vaultPasswordVariable has the password of the vault.
const vaultPasswordVariable = "TALLOW_VAULT_PASSWORD"

// keyStore is where the device key of this user is.
func (p *program) keyStore() devicekey.Store {
	s := devicekey.Store{Dir: p.stateDir(), Password: p.getenv(vaultPasswordVariable), Sealed: sealedFiles()}
	if p.keyringOff() {
		s.NoKeyring = errKeyringOff
	} else {
		s.Keyring, s.NoKeyring = devicekey.SystemKeyring(p.getenv)
	}
	return s
}

// keyringOff says whether this user does not want the keyring to be used.
func (p *program) keyringOff() bool { return p.getenv("TALLOW_KEYRING") == "off" }

// keyFile is the file that has the device key, or says where it is.
func (p *program) keyFile() string { return devicekey.Store{Dir: p.stateDir()}.Path() }

// sealedFiles are the files and folders of the state that the device key seals.
func sealedFiles() (paths []string) {
	for _, name := range history.Files() {
		paths = append(paths, filepath.Join(historyFolder, name))
	}
	for _, name := range storedlist.Files() {
		paths = append(paths, filepath.Join(storedFolder, name))
	}
	for _, name := range devices.Files() {
		paths = append(paths, filepath.Join(devicesFolder, name))
	}
	return paths
}

// databases are those of them that a copy of the vault has, with slashes. The devices are
// none of them: two machines cannot be one device, and another machine is paired anew.
func databases() []string {
	return []string{path.Join(historyFolder, history.Files()[0]), path.Join(storedFolder, storedlist.Files()[0])}
}

// The folders in the folder of state.
const (
	historyFolder = "history"
	storedFolder  = "stored"
	devicesFolder = "devices"
)

// historyDir is the folder of the history.
func (p *program) historyDir() string { return filepath.Join(p.stateDir(), historyFolder) }

// keyWarnings are what a person has to be told of the device key that was opened, with
// a name for programs.
func (p *program) keyWarnings(o devicekey.Opened, warn func(reason, format string, args ...any)) {
	if o.NoKeyring != nil && o.Place == devicekey.PlaceFile {
		warn("key-in-file", "The history is sealed with a key in the file %s, as there is no keyring for it (%s). Whoever can read that file can read the history.",
			p.keyFile(), cause(o.NoKeyring))
	}
	if o.Exposed != 0 {
		warn("key-exposed", "Others could read the key of the history: %s had the mode %#o. It has 0600 now.", p.keyFile(), o.Exposed)
	}
}

// openHistory opens the history; without create the error is devicekey.ErrNone if there
// is no key yet.
func (p *program) openHistory(ctx context.Context, create bool, warn func(reason, format string, args ...any)) (s *history.Store, err error) {
	if p.stateDir() == "" {
		return nil, errNoStateDir
	}
	err = p.keyStore().Use(ctx, create, func(o devicekey.Opened) (err error) {
		p.keyWarnings(o, warn)
		s, err = history.Open(ctx, p.historyDir(), o.Key, nil)
		return err
	})
	return s, err
}

// historyCause says why the history cannot be used.
func (p *program) historyCause(err error) (text, hint string) {
	const anew = "To begin a new history: tallow vault destroy"
	var unreachable *devicekey.KeyringError
	switch {
	case errors.As(err, &unreachable):
		return "its key is in the keyring, which cannot be reached: " + cause(unreachable.Err), "Unlock the keyring, or run it in the session where that is."
	case errors.Is(err, devicekey.ErrLocked):
		return "the vault is locked", "Unlock it: tallow vault unlock. For one command, its password may be in " + vaultPasswordVariable + "."
	case errors.Is(err, devicekey.ErrPassword):
		return vaultPasswordVariable + " does not have the password of the vault", "Capital letters and spaces count."
	case errors.Is(err, devicekey.ErrLost):
		return "the keyring does not have its key any more", anew
	case errors.Is(err, devicekey.ErrDamaged):
		return "its key in " + p.keyFile() + " is damaged", "Restore that file from a backup. " + anew
	case errors.Is(err, devicekey.ErrNotPrivate):
		return p.keyFile() + " is not a regular file of this user, as the file of its key has to be", "Look at what is there, and remove it."
	case errors.Is(err, devicekey.ErrBusy):
		return "another tallow is making or changing its key", "Try again in a moment."
	case errors.Is(err, history.ErrWrongKey):
		return "it was sealed with another key", "Restore " + p.keyFile() + " from a backup. " + anew
	case errors.Is(err, history.ErrNewer):
		return "a newer version of tallow has written it", "Use that version."
	case errors.Is(err, history.ErrDamaged):
		return "it is damaged", anew
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "it took too long", ""
	}
	return cause(err), ""
}

// historyFailure is the error of a command about the history.
func (p *program) historyFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted()
	}
	text, hint := p.historyCause(err)
	return &failure{kind: tallow.KindIO, message: "the history cannot be used: " + text, hint: hint, err: err}
}
