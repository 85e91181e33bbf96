package devicekey

import (
	"errors"
	"io/fs"

	"github.com/tallow-transfer/tallow/internal/privatefile"
)

// Why there is no device key.
var (
	// ErrNone means that no key was made yet.
	ErrNone = errors.New("there is no device key yet")

	// ErrDamaged means that what is stored was never written by this version.
	ErrDamaged = errors.New("the device key is damaged")

	// ErrLost means that the keyring is there and does not have the key, or has
	// another one under its name.
	ErrLost = errors.New("the keyring does not have the device key any more")

	// ErrBusy means that another process makes or changes the key, and did not end in
	// time.
	ErrBusy = errors.New("another process is making the device key")

	// ErrLocked means that the key is sealed under a password.
	ErrLocked = errors.New("the device key is locked with a password")

	// ErrPassword means that a password is not the one of the key.
	ErrPassword = errors.New("the password is wrong")

	// ErrNoPassword means that the key has no password.
	ErrNoPassword = errors.New("the device key has no password")
)

// ErrNotPrivate means that the file is one that somebody else may have put there: a
// symlink, a file of another user, or no file at all.
var ErrNotPrivate = privatefile.ErrNotPrivate

// KeyringError means that the key is in the keyring, and that this cannot be
// reached now.
type KeyringError struct{ Err error }

func (e *KeyringError) Error() string {
	return "the device key is in the keyring, which cannot be reached: " + e.Err.Error()
}

func (e *KeyringError) Unwrap() error { return e.Err }

// Place is where a key is kept.
type Place string

// The places.
const (
	PlaceKeyring  Place = "keyring"
	PlaceFile     Place = "file"
	PlacePassword Place = "locked" // sealed under a password, and nowhere else
)

// Opened is a device key, and what its user has to be told about it.
type Opened struct {
	Key   *Key
	Place Place

	// Made says that the key is new. If it is in a file because there is no keyring,
	// and was not there before, NoKeyring says why.
	Made      bool
	NoKeyring error

	// Exposed is the mode that the file had, if others could read or write it. It has
	// the mode 0600 now.
	Exposed fs.FileMode
}

// Status is what can be said of a key without having it.
type Status struct {
	Place    Place // empty: none was made yet
	Password bool  // it has one

	Exposed fs.FileMode // as in Opened
}
