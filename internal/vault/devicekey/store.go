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
	"github.com/tallow-transfer/tallow/internal/privatefile"
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

	// Password opens a locked key for this process alone; empty: it stays locked.
	Password string

	// Sealed are the files and folders, by their paths in Dir, that are of no use
	// without the key. They go when it is destroyed or replaced.
	Sealed []string

	cost cost // of a new password; zero: usualCost
}

// Path is the file that has the key, or says where it is.
func (s Store) Path() string { return filepath.Join(s.Dir, "device-key") }

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
	if o, err := s.settled(ctx); !errors.Is(err, ErrNone) {
		return o, err // another process was faster
	}
	return s.make(ctx)
}

// Load returns the device key, if one was made. The errors are ErrNone, ErrLocked,
// ErrPassword, ErrDamaged, ErrLost, ErrNotPrivate, a *KeyringError, and those of the
// file system.
func (s Store) Load(ctx context.Context) (Opened, error) {
	o, err := s.get(ctx)
	if !s.unsettled(err) {
		return o, err
	}
	unlock, busy := s.lock(ctx)
	if errors.Is(busy, ErrBusy) {
		return Opened{}, busy
	}
	if busy != nil { // nothing can be written there
		return o, err
	}
	defer unlock()
	return s.settled(ctx)
}

// unsettled reports whether another process may be changing where the key is, or was
// killed while it did.
func (s Store) unsettled(err error) bool {
	if errors.Is(err, ErrNone) {
		_, missing := os.Lstat(s.lockPath())
		return missing == nil
	}
	return s.pending() || errors.Is(err, ErrDamaged) || errors.Is(err, ErrLost)
}

// settled is get after what another process has begun was brought to its end; the
// lock is held.
func (s Store) settled(ctx context.Context) (Opened, error) {
	if err := s.finish(ctx); err != nil {
		return Opened{}, err
	}
	return s.get(ctx)
}

// get returns the key that the file leads to.
func (s Store) get(ctx context.Context) (Opened, error) {
	n, exposed, err := s.read()
	if err != nil {
		return Opened{}, err
	}
	key, err := s.keyOf(ctx, n)
	return Opened{Key: key, Place: n.place, Exposed: exposed}, err
}

// read reads the file. If others could read it, exposed is the mode that it had.
func (s Store) read() (n note, exposed fs.FileMode, err error) {
	content, exposed, err := privatefile.Read(s.Path(), maxNote)
	if errors.Is(err, fs.ErrNotExist) {
		return note{}, 0, ErrNone
	}
	if err != nil {
		return note{}, 0, err
	}
	defer clear(content)
	if exposed != 0 {
		if err := privatefile.Restrict(s.Path()); err != nil {
			return note{}, 0, err
		}
	}
	n, err = parseNote(content)
	return n, exposed, err
}

// keyOf gets the key that a note is about. A key with a password that the keyring has
// lost counts as locked.
func (s Store) keyOf(ctx context.Context, n note) (*Key, error) {
	switch n.place {
	case PlaceFile:
		return n.key, nil
	case PlaceKeyring:
		key, err := s.fromKeyring(ctx, n)
		if err == nil || !errors.Is(err, ErrLost) || n.password == nil {
			return key, err
		}
	}
	if s.Password == "" {
		return nil, ErrLocked
	}
	return n.unwrap(s.Password)
}

// unwrap returns the key by its password. Errors: ErrPassword, ErrDamaged.
func (n note) unwrap(password string) (*Key, error) {
	key, err := n.password.open(password)
	if err == nil && !n.matches(key) {
		return nil, ErrDamaged
	}
	return key, err
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
	key := newKey()
	n, noKeyring, err := s.place(ctx, key, newName(), nil)
	if err == nil {
		err = s.write(n)
	}
	if err != nil {
		return Opened{}, err
	}
	return Opened{Key: key, Place: n.place, Made: true, NoKeyring: noKeyring}, nil
}

// place puts a key into the keyring under a name, and returns the note about it. If
// that cannot be done the note has the key itself, and noKeyring says why. The error is
// that of ctx.
func (s Store) place(ctx context.Context, key *Key, name string, password *wrapped) (n note, noKeyring, err error) {
	check, err := key.check()
	if err != nil {
		return note{}, nil, err
	}
	n = note{place: PlaceKeyring, name: name, check: check, password: password}
	if noKeyring = s.intoKeyring(ctx, key, n); noKeyring != nil {
		n = note{place: PlaceFile, key: key, check: check, password: password}
	}
	return n, noKeyring, ctx.Err()
}

// intoKeyring gives a key to the keyring, and gets it back, so that a keyring that
// forgets is not trusted with it.
func (s Store) intoKeyring(ctx context.Context, key *Key, n note) error {
	if s.Keyring == nil {
		return s.NoKeyring
	}
	patience := s.Patience
	if patience == 0 {
		patience = DefaultPatience
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.Keyring.Set(ctx, n.name, encodeKey(key)); err != nil {
		return err
	}
	kept, err := s.fromKeyring(ctx, n)
	if err != nil {
		return err
	}
	kept.Wipe()
	return nil
}

// newName makes a name for the keyring.
func newName() string {
	var name [nameSize]byte
	_, _ = rand.Read(name[:]) // never fails
	return hex.EncodeToString(name[:])
}

// write replaces the file; the lock is held. What the old one had is overwritten.
func (s Store) write(n note) error {
	content := n.append(nil)
	defer clear(content)
	return privatefile.ReplaceSecret(s.Path(), content)
}

// Status says where the key is, without getting it. Errors are those of Load.
func (s Store) Status(ctx context.Context) (Status, error) {
	n, exposed, err := s.read()
	if s.unsettled(err) {
		unlock, busy := s.lock(ctx)
		if busy != nil {
			return Status{}, busy
		}
		defer unlock()
		if err := s.finish(ctx); err != nil {
			return Status{}, err
		}
		n, exposed, err = s.read()
	}
	if errors.Is(err, ErrNone) {
		return Status{}, nil
	}
	return Status{Place: n.place, Password: n.password != nil, Exposed: exposed}, err
}

// lock keeps other processes from making, changing or destroying the key.
func (s Store) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err = filelock.Hold(ctx, s.lockPath())
	if err != nil && ctx.Err() != nil {
		err = ErrBusy
	}
	return unlock, err
}

func (s Store) lockPath() string { return s.Path() + ".lock" }
