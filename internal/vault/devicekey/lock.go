package devicekey

import (
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/privatefile"
)

// SetPassword seals the key under a password as well, in place of the one that it may
// have had. The key stays where it is. It is made if there is none. Errors are those of
// Open.
func (s Store) SetPassword(ctx context.Context, password string) error {
	return s.change(ctx, func() error {
		_, err := s.withPassword(ctx, password)
		return err
	})
}

// withPassword writes a note with a password, and returns it; the lock is held.
func (s Store) withPassword(ctx context.Context, password string) (note, error) {
	n, err := s.sealed(ctx, password)
	if err == nil {
		err = s.write(n)
	}
	return n, err
}

// sealed returns the note with a password; the lock is held.
func (s Store) sealed(ctx context.Context, password string) (note, error) {
	o, err := s.settled(ctx)
	if errors.Is(err, ErrNone) {
		o, err = s.make(ctx)
	}
	if err != nil {
		return note{}, err
	}
	c := s.cost
	if c == (cost{}) {
		c = usualCost()
	}
	n, _, err := s.read()
	if err == nil {
		n.password, err = wrap(o.Key, password, c)
	}
	return n, err
}

// RemovePassword takes the password from a key that is not locked. Errors: ErrLocked,
// and those of Load.
func (s Store) RemovePassword(ctx context.Context) error {
	return s.change(ctx, func() error {
		s.Password = "" // a key that is nowhere else keeps it
		if _, err := s.settled(ctx); err != nil {
			return err
		}
		n, _, err := s.read()
		if err != nil || n.password == nil {
			return err
		}
		n.password = nil
		return s.write(n)
	})
}

// Lock removes the key from the keyring or the file, so that it is sealed under its
// password alone. A password that is not empty becomes the new one before; without it
// the error is ErrNoPassword if there is none. A key that is locked stays so. The other
// errors are those of Open.
func (s Store) Lock(ctx context.Context, password string) error {
	return s.change(ctx, func() error {
		if err := s.finish(ctx); err != nil {
			return err
		}
		n, _, err := s.read()
		switch {
		case err != nil && !errors.Is(err, ErrNone):
			return err
		case password != "":
			n, err = s.sealed(ctx, password)
		case n.password == nil:
			return ErrNoPassword
		}
		if err != nil {
			return err
		}
		return s.lockUp(ctx, n)
	})
}

// lockUp removes the key of a note with a password from its place. A key in the
// keyring goes from there before the file says so: if that is interrupted, the keyring
// has lost a key with a password, which counts as locked.
func (s Store) lockUp(ctx context.Context, n note) error {
	if n.place == PlaceKeyring {
		if s.Keyring == nil {
			return &KeyringError{Err: s.NoKeyring}
		}
		if err := s.write(n); err != nil {
			return err
		}
	}
	if n.name == "" {
		n.name = newName()
	} else if err := s.fromKeyringForGood(ctx, n); err != nil && n.place == PlaceKeyring {
		return err
	}
	n.place, n.key = PlacePassword, nil
	return s.write(n)
}

// fromKeyringForGood deletes the key of a note from the keyring.
func (s Store) fromKeyringForGood(ctx context.Context, n note) error {
	if s.Keyring == nil {
		return &KeyringError{Err: s.NoKeyring}
	}
	if err := s.Keyring.Delete(ctx, n.name); err != nil {
		return &KeyringError{Err: err}
	}
	return nil
}

// Unlock puts the key back into the keyring, or into the file if that cannot be done,
// until it is locked again. It keeps its password. Errors: ErrPassword, ErrNoPassword,
// ErrNone, and those of the file system.
func (s Store) Unlock(ctx context.Context, password string) (o Opened, err error) {
	err = s.change(ctx, func() error {
		if err := s.finish(ctx); err != nil {
			return err
		}
		n, _, err := s.read()
		switch {
		case err != nil:
			return err
		case n.password == nil:
			return ErrNoPassword
		}
		key, err := n.unwrap(password)
		if err != nil {
			return err
		}
		o = Opened{Key: key, Place: n.place}
		if n.place == PlaceFile {
			return nil
		}
		if n.place == PlaceKeyring {
			if kept, err := s.fromKeyring(ctx, n); !errors.Is(err, ErrLost) {
				if err == nil {
					kept.Wipe()
				}
				return err
			}
		}
		if n, o.NoKeyring, err = s.place(ctx, key, n.name, n.password); err != nil {
			return err
		}
		o.Place = n.place
		return s.write(n)
	})
	if err != nil {
		if o.Key != nil {
			o.Key.Wipe()
		}
		return Opened{}, err
	}
	return o, nil
}

// change calls f under the lock, and removes what processes that were killed have left.
func (s Store) change(ctx context.Context, f func() error) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := privatefile.Sweep(s.Path()); err != nil {
		return err
	}
	return f()
}
