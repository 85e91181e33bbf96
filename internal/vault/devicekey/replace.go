package devicekey

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/privatefile"
)

// A key is destroyed or replaced in steps of which each can be repeated, so that a
// process that is killed leaves the old key or the new one, with what it has sealed:
//
//	device-key.staged   what is to come: files, and a device-key, or nothing
//	device-key.next     the same; this name means that it is decided. The old key and
//	                    what it has sealed are deleted.
//	device-key.moving   the same, when nothing of the old is left. The files move to
//	                    their places, the key last.
//
// Whoever next needs the key, in any process, brings to its end what was decided.
const (
	stagedDir = ".staged"
	nextDir   = ".next"
	movingDir = ".moving"
)

// Destroy deletes the key, after which nothing that it sealed can be read, and then
// what it has sealed. It is no error if there is none. Where the keyring cannot be
// reached nothing is changed, so that Destroy can be called again.
func (s Store) Destroy(ctx context.Context) error {
	return s.change(ctx, func() error {
		if err := s.finish(ctx); err != nil {
			return err
		}
		if err := s.replaceable(); err != nil {
			return err
		}
		if err := s.stage(ctx); err != nil {
			return err
		}
		return s.decide(ctx)
	})
}

// Replace destroys the key that there is, if there is one, and puts another one in its
// place, with the files that fill puts into a folder, by their paths in Dir. Where the
// keyring cannot be reached nothing is changed. Errors are those of fill, a
// *KeyringError, and those of the file system.
func (s Store) Replace(ctx context.Context, key *Key, fill func(dir string) error) (o Opened, err error) {
	err = s.change(ctx, func() error {
		if err := s.finish(ctx); err != nil {
			return err
		}
		if err := s.replaceable(); err != nil {
			return err
		}
		if err := s.stage(ctx); err != nil {
			return err
		}
		staged := s.at(stagedDir)
		if err := fill(staged.Dir); err != nil {
			return errors.Join(err, s.unstage(ctx))
		}
		// The name is written before the keyring has the key, so that it can be deleted
		// there if this process is killed.
		check, err := key.check()
		if err != nil {
			return err
		}
		name := newName()
		if err := staged.write(note{place: PlaceKeyring, name: name, check: check}); err != nil {
			return err
		}
		n, noKeyring, err := s.place(ctx, key, name, nil)
		if err == nil {
			err = staged.write(n)
		}
		if err != nil {
			return errors.Join(err, s.unstage(context.WithoutCancel(ctx)))
		}
		o = Opened{Key: key, Place: n.place, Made: true, NoKeyring: noKeyring}
		return s.decide(ctx)
	})
	return o, err
}

// at is a Store with a folder beside the file as its own.
func (s Store) at(suffix string) Store {
	s.Dir = s.Path() + suffix
	return s
}

// replaceable returns why the present key cannot be deleted.
func (s Store) replaceable() error {
	n, _, err := s.read()
	if errors.Is(err, ErrNone) || errors.Is(err, ErrDamaged) {
		return nil
	}
	if err == nil && n.place == PlaceKeyring && s.Keyring == nil {
		err = &KeyringError{Err: s.NoKeyring}
	}
	return err
}

// stage makes the empty folder of what is to come.
func (s Store) stage(ctx context.Context) error {
	if err := s.unstage(ctx); err != nil {
		return err
	}
	return os.Mkdir(s.at(stagedDir).Dir, 0o700)
}

// unstage removes what was staged, also from the keyring, if it can be reached.
func (s Store) unstage(ctx context.Context) error {
	staged := s.at(stagedDir)
	if n, _, err := staged.read(); err == nil && n.place == PlaceKeyring {
		_ = s.fromKeyringForGood(ctx, n)
	}
	return errors.Join(staged.erase(), os.RemoveAll(staged.Dir))
}

// decide makes what is staged what is to be, and brings it about. If the keyring does
// not delete the old key, nothing is changed.
func (s Store) decide(ctx context.Context) error {
	syncFolder(s.at(stagedDir).Dir)
	if err := os.Rename(s.at(stagedDir).Dir, s.at(nextDir).Dir); err != nil {
		return err
	}
	syncFolder(s.Dir)
	if err := s.forget(ctx); err != nil {
		return errors.Join(err, os.Rename(s.at(nextDir).Dir, s.at(stagedDir).Dir), s.unstage(ctx))
	}
	return s.finish(ctx)
}

// pending reports whether something was decided and is not at its end.
func (s Store) pending() bool {
	for _, suffix := range []string{nextDir, movingDir} {
		if _, err := os.Lstat(s.at(suffix).Dir); err == nil {
			return true
		}
	}
	return false
}

// finish brings to its end what was decided; the lock is held.
func (s Store) finish(ctx context.Context) error {
	next, moving := s.at(nextDir).Dir, s.at(movingDir).Dir
	if _, err := os.Lstat(next); err == nil {
		if err := s.forget(ctx); err != nil {
			return err
		}
		errs := []error{s.erase()} // the key first: without it the rest says nothing
		for _, path := range s.Sealed {
			errs = append(errs, os.RemoveAll(filepath.Join(s.Dir, path)))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		if err := os.Rename(next, moving); err != nil {
			return err
		}
		syncFolder(s.Dir)
	}
	if _, err := os.Lstat(moving); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := s.move(moving); err != nil {
		return err
	}
	syncFolder(s.Dir)
	return os.RemoveAll(moving)
}

// forget deletes the old key from the keyring.
func (s Store) forget(ctx context.Context) error {
	n, _, err := s.read()
	switch {
	case err != nil || n.name == "":
		return nil
	case n.place == PlaceKeyring:
		return s.fromKeyringForGood(ctx, n)
	}
	_ = s.fromKeyringForGood(ctx, n) // locked: it is not there, unless Unlock was interrupted
	return nil
}

// erase overwrites the file and removes it. It is no error if there is none.
func (s Store) erase() error {
	err := privatefile.Remove(s.Path(), maxNote)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// move moves all files of a folder to the same paths in Dir, the key last.
func (s Store) move(from string) error {
	key := filepath.Join(from, filepath.Base(s.Path()))
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == key {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(s.Dir, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		return os.Rename(path, to)
	})
	if err != nil {
		return err
	}
	if err := os.Rename(key, s.Path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder has a folder's names survive a power cut, where the system can do that.
func syncFolder(path string) {
	if f, err := os.Open(path); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}
