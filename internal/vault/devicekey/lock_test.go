package devicekey

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// places are a Store whose key is in a keyring and one whose key is in a file.
func places(t *testing.T, f func(t *testing.T, s Store, ring *memory)) {
	for _, place := range []Place{PlaceKeyring, PlaceFile} {
		t.Run(string(place), func(t *testing.T) {
			s := Store{Dir: filepath.Join(t.TempDir(), "state"), NoKeyring: errNoKeyring, cost: testCost()}
			ring := &memory{}
			if place == PlaceKeyring {
				s.Keyring = ring
			}
			f(t, s, ring)
		})
	}
}

func status(t *testing.T, s Store) Status {
	t.Helper()
	status, err := s.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// mustHave fails if the key is not there without a password.
func mustHave(t *testing.T, s Store, key *Key) {
	t.Helper()
	o, err := s.Load(t.Context())
	if err != nil || *o.Key != *key {
		t.Errorf("the key cannot be had, or is another one: %v", err)
	}
}

// A key that is locked can be had with its password alone, and is nowhere else.
func TestLock(t *testing.T) {
	places(t, func(t *testing.T, s Store, ring *memory) {
		first := open(t, s)
		if err := s.Lock(t.Context(), ""); !errors.Is(err, ErrNoPassword) {
			t.Errorf("without a password: %v", err)
		}
		if _, err := s.Unlock(t.Context(), "password"); !errors.Is(err, ErrNoPassword) {
			t.Errorf("unlocked without a password: %v", err)
		}
		locked := func() {
			t.Helper()
			if got, want := status(t, s), (Status{Place: PlacePassword, Password: true}); got != want {
				t.Errorf("locked, it is %+v", got)
			}
			if _, err := s.Load(t.Context()); !errors.Is(err, ErrLocked) {
				t.Errorf("loaded: %v", err)
			}
			if _, err := s.Open(t.Context()); !errors.Is(err, ErrLocked) {
				t.Errorf("opened: %v", err)
			}
			content, err := os.ReadFile(s.Path())
			if err != nil || strings.Contains(string(content), encodeKey(first.Key)) || len(ring.secrets) > 0 {
				t.Errorf("the key is still there: %q, %v, %v", content, ring.secrets, err)
			}
		}
		if err := s.Lock(t.Context(), "password"); err != nil {
			t.Fatal(err)
		}
		locked()
		if err := s.Lock(t.Context(), ""); err != nil {
			t.Errorf("locked twice: %v", err)
		}
		locked()
		for password, want := range map[string]error{"password": nil, "Password": ErrPassword} {
			with := s
			with.Password = password
			o, err := with.Load(t.Context())
			if !errors.Is(err, want) || err == nil && (*o.Key != *first.Key || o.Place != PlacePassword) {
				t.Errorf("with %q: %+v, %v", password, o, err)
			}
		}
		locked()
		if _, err := s.Unlock(t.Context(), "wrong"); !errors.Is(err, ErrPassword) {
			t.Errorf("unlocked with a wrong password: %v", err)
		}
		locked()
		o, err := s.Unlock(t.Context(), "password")
		if err != nil || *o.Key != *first.Key || o.Place != first.Place {
			t.Errorf("unlocked: %+v, %v", o, err)
		}
		if got, want := status(t, s), (Status{Place: first.Place, Password: true}); got != want {
			t.Errorf("unlocked, it is %+v", got)
		}
		mustHave(t, s, first.Key)
		if _, err := s.Unlock(t.Context(), "wrong"); !errors.Is(err, ErrPassword) {
			t.Errorf("unlocked twice, with a wrong password: %v", err)
		}
		if _, err := s.Unlock(t.Context(), "password"); err != nil {
			t.Errorf("unlocked twice: %v", err)
		}
		if err := s.Lock(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		locked()
	})
}

// The first thing may be to lock a key that there is not yet.
func TestLockAtFirst(t *testing.T) {
	places(t, func(t *testing.T, s Store, ring *memory) {
		if got := status(t, s); got != (Status{}) {
			t.Errorf("before first use it is %+v", got)
		}
		if err := s.Lock(t.Context(), "password"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(t.Context()); !errors.Is(err, ErrLocked) || len(ring.secrets) > 0 {
			t.Errorf("loaded: %v", err)
		}
		if _, err := s.Unlock(t.Context(), "password"); err != nil {
			t.Error(err)
		}
	})
}

// A password can be set, changed and taken away, also from a key that is locked and that
// a password opens.
func TestSetPassword(t *testing.T) {
	places(t, func(t *testing.T, s Store, _ *memory) {
		first := open(t, s)
		if err := s.SetPassword(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		if got, want := status(t, s), (Status{Place: first.Place, Password: true}); got != want {
			t.Errorf("with a password it is %+v", got)
		}
		mustHave(t, s, first.Key)
		if err := s.SetPassword(t.Context(), "second"); err != nil {
			t.Fatal(err)
		}
		if err := s.Lock(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		if err := s.SetPassword(t.Context(), "third"); !errors.Is(err, ErrLocked) {
			t.Errorf("changed while it is locked: %v", err)
		}
		if err := s.RemovePassword(t.Context()); !errors.Is(err, ErrLocked) {
			t.Errorf("removed while it is locked: %v", err)
		}
		with := s
		with.Password = "second"
		if err := with.RemovePassword(t.Context()); !errors.Is(err, ErrLocked) {
			t.Errorf("removed from a key that is nowhere else: %v", err)
		}
		if err := with.SetPassword(t.Context(), "third"); err != nil {
			t.Errorf("changed with the password: %v", err)
		}
		if _, err := s.Unlock(t.Context(), "second"); !errors.Is(err, ErrPassword) {
			t.Errorf("unlocked with an earlier password: %v", err)
		}
		if _, err := s.Unlock(t.Context(), "third"); err != nil {
			t.Fatal(err)
		}
		if err := s.RemovePassword(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := status(t, s), (Status{Place: first.Place}); got != want {
			t.Errorf("without a password it is %+v", got)
		}
		mustHave(t, s, first.Key)
	})
}

// What a keyring does not do is told, and nothing is lost.
func TestLockWithoutKeyring(t *testing.T) {
	ring := &memory{}
	s := Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: ring, cost: testCost()}
	first := open(t, s)
	var unreachable *KeyringError
	gone := s
	gone.Keyring, gone.NoKeyring = nil, errNoKeyring
	if err := gone.Lock(t.Context(), "password"); !errors.As(err, &unreachable) {
		t.Errorf("locked without the keyring: %v", err)
	}
	ring.err = errBroken
	if err := s.Lock(t.Context(), "password"); !errors.As(err, &unreachable) {
		t.Errorf("locked with a broken keyring: %v", err)
	}
	ring.err = nil
	mustHave(t, s, first.Key)

	if err := s.Lock(t.Context(), "password"); err != nil {
		t.Fatal(err)
	}
	o, err := gone.Unlock(t.Context(), "password")
	if err != nil || o.Place != PlaceFile || !errors.Is(o.NoKeyring, errNoKeyring) {
		t.Errorf("unlocked without the keyring: %+v, %v", o, err)
	}
	mustHave(t, s, first.Key)
}

// A key with a password that the keyring has lost is not lost.
func TestLostKeyWithPassword(t *testing.T) {
	ring := &memory{}
	s := Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: ring, cost: testCost()}
	first := open(t, s)
	if err := s.SetPassword(t.Context(), "password"); err != nil {
		t.Fatal(err)
	}
	clear(ring.secrets)
	if _, err := s.Load(t.Context()); !errors.Is(err, ErrLocked) {
		t.Errorf("loaded: %v", err)
	}
	if _, err := s.Unlock(t.Context(), "password"); err != nil {
		t.Fatal(err)
	}
	mustHave(t, s, first.Key)
}

// Use makes a key only if it is to, and keeps it while what it seals is made.
func TestUse(t *testing.T) {
	places(t, func(t *testing.T, s Store, _ *memory) {
		if err := s.Use(t.Context(), false, func(Opened) error { t.Error("called"); return nil }); !errors.Is(err, ErrNone) {
			t.Errorf("without a key: %v", err)
		}
		var key *Key
		err := s.Use(t.Context(), true, func(o Opened) error {
			copied := *o.Key
			key = &copied
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Destroy(ctx); !errors.Is(err, ErrBusy) {
				t.Errorf("destroyed while it is used: %v", err)
			}
			return errBroken
		})
		if !errors.Is(err, errBroken) {
			t.Error(err)
		}
		mustHave(t, s, key)
		if err := s.Lock(t.Context(), "password"); err != nil {
			t.Fatal(err)
		}
		if err := s.Use(t.Context(), true, func(Opened) error { return nil }); !errors.Is(err, ErrLocked) {
			t.Errorf("locked: %v", err)
		}
	})
}

// A key that another process replaces between Load and Use is not used.
func TestUseAfterReplace(t *testing.T) {
	places(t, func(t *testing.T, s Store, _ *memory) {
		old := open(t, s)
		next := newKey()
		if _, err := s.Replace(t.Context(), next, func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
		err := s.while(t.Context(), old, func(Opened) error { t.Error("called"); return nil })
		if !errors.Is(err, errChanged) {
			t.Error(err)
		}
		if err := s.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.while(t.Context(), old, func(Opened) error { t.Error("called"); return nil }); !errors.Is(err, errChanged) {
			t.Error(err)
		}
	})
}
