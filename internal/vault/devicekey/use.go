package devicekey

import (
	"context"
	"errors"
)

// Use calls f with the device key, while no other process can destroy or replace it:
// what f makes, such as a database, is sealed with the key that there is. Without create
// the error is ErrNone if there is no key; else Use makes one. The other errors are
// those of Open and of f. The key is wiped when f has returned.
func (s Store) Use(ctx context.Context, create bool, f func(Opened) error) error {
	open := s.Load
	if create {
		open = s.Open
	}
	for {
		o, err := open(ctx)
		if err != nil {
			return err
		}
		err = s.while(ctx, o, f)
		o.Key.Wipe()
		if !errors.Is(err, errChanged) {
			return err
		}
	}
}

// errChanged means that the key is another one by now.
var errChanged = errors.New("the device key has changed")

// while calls f under the lock, if the key is still that of the file. The keyring was
// asked before, as it may be slow.
func (s Store) while(ctx context.Context, o Opened, f func(Opened) error) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	n, _, err := s.read()
	switch {
	case s.pending(), errors.Is(err, ErrNone), err == nil && !n.matches(o.Key):
		return errChanged
	case err != nil:
		return err
	}
	return f(o)
}
