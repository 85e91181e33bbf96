package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/history"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

var (
	errKeyringOff = errors.New("TALLOW_KEYRING is off")
	errNoStateDir = errors.New("this user has no folder for it")
)

// keyStore is where the device key of this user is.
func (p *program) keyStore() devicekey.Store {
	s := devicekey.Store{Dir: p.stateDir()}
	if p.getenv("TALLOW_KEYRING") == "off" {
		s.NoKeyring = errKeyringOff
	} else {
		s.Keyring, s.NoKeyring = devicekey.SystemKeyring(p.getenv)
	}
	return s
}

// keyFile is the file that has the device key, or says where it is.
func (p *program) keyFile() string { return filepath.Join(p.stateDir(), "device-key") }

// historyDir is the folder of the history.
func (p *program) historyDir() string { return filepath.Join(p.stateDir(), "history") }

// keyWarnings are what a person has to be told of the device key that was opened, with
// a name for programs.
func (p *program) keyWarnings(o devicekey.Opened, warn func(reason, format string, args ...any)) {
	if o.Made && o.Place == devicekey.PlaceFile {
		warn("key-in-file", "The history is sealed with a key in the file %s, as there is no keyring for it (%s). Whoever can read that file can read the history.",
			p.keyFile(), cause(o.NoKeyring))
	}
	if o.Exposed != 0 {
		warn("key-exposed", "Others could read the key of the history: %s had the mode %#o. It has 0600 now.", p.keyFile(), o.Exposed)
	}
}

// openHistory opens the history with a key that open gets: Store.Open makes one if
// there is none.
func (p *program) openHistory(ctx context.Context, open func(context.Context) (devicekey.Opened, error), warn func(reason, format string, args ...any)) (*history.Store, error) {
	if p.stateDir() == "" {
		return nil, errNoStateDir
	}
	o, err := open(ctx)
	if err != nil {
		return nil, err
	}
	defer o.Key.Wipe()
	p.keyWarnings(o, warn)
	return history.Open(ctx, p.historyDir(), o.Key, nil)
}

// historyCause says why the history cannot be used.
func (p *program) historyCause(err error) (text, hint string) {
	const anew = "To begin a new history: tallow history destroy"
	var unreachable *devicekey.KeyringError
	switch {
	case errors.As(err, &unreachable):
		return "its key is in the keyring, which cannot be reached: " + cause(unreachable.Err), "Unlock the keyring, or run it in the session where that is."
	case errors.Is(err, devicekey.ErrLost):
		return "the keyring does not have its key any more", anew
	case errors.Is(err, devicekey.ErrDamaged):
		return "its key in " + p.keyFile() + " is damaged", "Restore that file from a backup. " + anew
	case errors.Is(err, devicekey.ErrNotPrivate):
		return p.keyFile() + " is not a regular file of this user, as the file of its key has to be", "Look at what is there, and remove it."
	case errors.Is(err, devicekey.ErrBusy):
		return "another process is making its key", "Try again in a moment."
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
