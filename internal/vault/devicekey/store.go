package devicekey

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/internal/filelock"
)

// DefaultPatience is how long a keyring may take to keep a new key.
const DefaultPatience = 5 * time.Second

// Store is where the device key of one user is.
type Store struct {
	// Dir is the folder of the state, of its user's alone. Open makes it if there is
	// none.
	Dir string

	// Keyring is where a new key goes; nil: into the file.
	Keyring Keyring
	// NoKeyring says why Keyring is nil.
	NoKeyring error

	// Patience is how long the keyring may take to keep a new key, before that goes
	// into the file; default DefaultPatience.
	Patience time.Duration
}

func (s Store) path() string { return filepath.Join(s.Dir, "device-key") }

// Open returns the device key, and makes one at first use. Several processes that do
// so at the same time get the same key. The errors are those of Load without
// ErrNone, ErrBusy, and those of the file system.
func (s Store) Open(ctx context.Context) (Opened, error) {
	o, err := s.Load(ctx)
	if !errors.Is(err, ErrNone) {
		return o, err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return Opened{}, err
	}
	defer unlock()
	if o, err := s.Load(ctx); !errors.Is(err, ErrNone) {
		return o, err // another process was faster
	}
	return s.make(ctx)
}

// Load returns the device key, if one was made. The errors are ErrNone, ErrDamaged,
// ErrLost, ErrNotPrivate, a *KeyringError, and those of the file system.
func (s Store) Load(ctx context.Context) (Opened, error) {
	content, exposed, err := readPrivate(s.path(), maxNote)
	if errors.Is(err, fs.ErrNotExist) {
		return Opened{}, ErrNone
	}
	if err != nil {
		return Opened{}, err
	}
	defer clear(content)
	n, err := parseNote(content)
	if err != nil {
		return Opened{}, err
	}
	if n.key != nil {
		return Opened{Key: n.key, Place: PlaceFile, Exposed: exposed}, nil
	}
	key, err := s.fromKeyring(ctx, n)
	return Opened{Key: key, Place: PlaceKeyring, Exposed: exposed}, err
}

// fromKeyring gets the key that a note is about.
func (s Store) fromKeyring(ctx context.Context, n note) (*Key, error) {
	if s.Keyring == nil {
		return nil, &KeyringError{Err: s.NoKeyring}
	}
	secret, err := s.Keyring.Get(ctx, n.name)
	if errors.Is(err, ErrLost) {
		return nil, err
	}
	if err != nil {
		return nil, &KeyringError{Err: err}
	}
	key, err := decodeKey(secret)
	if err != nil || !n.matches(key) {
		return nil, ErrLost
	}
	return key, nil
}

// make makes a key; the lock is held.
func (s Store) make(ctx context.Context) (Opened, error) {
	o := Opened{Key: newKey(), Place: PlaceKeyring, Made: true}
	n, err := s.intoKeyring(ctx, o.Key)
	if ctx.Err() != nil {
		return Opened{}, ctx.Err()
	}
	if err != nil {
		n, o.Place, o.NoKeyring = note{key: o.Key}, PlaceFile, err
	}
	content := n.append(nil)
	defer clear(content)
	if err := writePrivate(s.path(), content); err != nil {
		return Opened{}, err
	}
	return o, nil
}

// intoKeyring gives a key to the keyring, and gets it back, so that a keyring that
// forgets is not trusted with it.
func (s Store) intoKeyring(ctx context.Context, key *Key) (note, error) {
	if s.Keyring == nil {
		return note{}, s.NoKeyring
	}
	patience := s.Patience
	if patience == 0 {
		patience = DefaultPatience
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var name [nameSize]byte
	_, _ = rand.Read(name[:]) // never fails
	check, err := key.check()
	if err != nil {
		return note{}, err
	}
	n := note{name: hex.EncodeToString(name[:]), check: check}
	if err := s.Keyring.Set(ctx, n.name, encodeKey(key)); err != nil {
		return note{}, err
	}
	kept, err := s.fromKeyring(ctx, n)
	if err != nil {
		return note{}, err
	}
	kept.Wipe()
	return n, nil
}

// Destroy deletes the key, after which nothing that it sealed can be read. It is no
// error if there is none. Where the keyring cannot be reached the file stays, so
// that Destroy can be called again.
func (s Store) Destroy(ctx context.Context) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	content, _, err := readPrivate(s.path(), maxNote)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer clear(content)
	n, err := parseNote(content)
	if err == nil && n.key == nil {
		if s.Keyring == nil {
			return &KeyringError{Err: s.NoKeyring}
		}
		if err := s.Keyring.Delete(ctx, n.name); err != nil {
			return &KeyringError{Err: err}
		}
	}
	return removePrivate(s.path(), len(content))
}

// lock keeps other processes from making or destroying the key.
func (s Store) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err = filelock.Hold(ctx, s.path()+".lock")
	if err != nil && ctx.Err() != nil {
		err = ErrBusy
	}
	return unlock, err
}
