package devicekey

import (
	"errors"
	"io/fs"
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

	// ErrNotPrivate means that the file is one that somebody else may have put there:
	// a symlink, a file of another user, or no file at all.
	ErrNotPrivate = errors.New("the file of the device key is not a regular file of this user")

	// ErrBusy means that another process makes the key, and did not end in time.
	ErrBusy = errors.New("another process is making the device key")
)

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
	PlaceKeyring Place = "keyring"
	PlaceFile    Place = "file"
)

// Opened is a device key, and what its user has to be told about it.
type Opened struct {
	Key   *Key
	Place Place

	// Made says that the key is new. If it is in a file then, NoKeyring says why.
	Made      bool
	NoKeyring error

	// Exposed is the mode that the file had, if others could read or write it. It has
	// the mode 0600 now.
	Exposed fs.FileMode
}
