package devicekey

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a Keyring in memory.
type memory struct {
	mu      sync.Mutex
	secrets map[string]string
	err     error // of every call
	forgets bool  // Set keeps nothing
}

func (m *memory) Get(_ context.Context, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return "", m.err
	}
	secret, ok := m.secrets[name]
	if !ok {
		return "", ErrLost
	}
	return secret, nil
}

func (m *memory) Set(_ context.Context, name, secret string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.secrets == nil {
		m.secrets = make(map[string]string)
	}
	if m.err == nil && !m.forgets {
		m.secrets[name] = secret
	}
	return m.err
}

func (m *memory) Delete(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		delete(m.secrets, name)
	}
	return m.err
}

var (
	errNoKeyring = errors.New("there is none")
	errBroken    = errors.New("broken")
)

func open(t *testing.T, s Store) Opened {
	t.Helper()
	o, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestInKeyring(t *testing.T) {
	ring := &memory{}
	s := Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: ring}
	if _, err := s.Load(t.Context()); !errors.Is(err, ErrNone) {
		t.Fatalf("before first use: %v", err)
	}
	first := open(t, s)
	if !first.Made || first.Place != PlaceKeyring || first.NoKeyring != nil {
		t.Errorf("at first use: %+v", first)
	}
	second := open(t, s)
	if second.Made || second.Place != PlaceKeyring || *second.Key != *first.Key {
		t.Errorf("at second use: %+v", second)
	}
	content, err := os.ReadFile(s.Path())
	if err != nil || strings.Contains(string(content), encodeKey(first.Key)) {
		t.Errorf("the file has the key in it: %s, %v", content, err)
	}

	t.Run("which is gone", func(t *testing.T) {
		gone := s
		gone.Keyring, gone.NoKeyring = nil, errNoKeyring
		var unreachable *KeyringError
		if _, err := gone.Open(t.Context()); !errors.As(err, &unreachable) || !errors.Is(err, errNoKeyring) {
			t.Errorf("without a keyring: %v", err)
		}
		gone.Keyring = &memory{err: errBroken}
		if _, err := gone.Open(t.Context()); !errors.As(err, &unreachable) || !errors.Is(err, errBroken) {
			t.Errorf("with a broken one: %v", err)
		}
		if err := gone.Destroy(t.Context()); !errors.As(err, &unreachable) {
			t.Errorf("destroying it: %v", err)
		}
		gone.Keyring = &memory{}
		if _, err := gone.Open(t.Context()); !errors.Is(err, ErrLost) {
			t.Errorf("with an empty one: %v", err)
		}
	})
	t.Run("with another key in it", func(t *testing.T) {
		other := &memory{secrets: make(map[string]string)}
		for name := range ring.secrets {
			other.secrets[name] = encodeKey(newKey())
		}
		if _, err := (Store{Dir: s.Dir, Keyring: other}).Open(t.Context()); !errors.Is(err, ErrLost) {
			t.Error(err)
		}
	})
	if err := s.Destroy(t.Context()); err != nil || len(ring.secrets) > 0 {
		t.Errorf("destroyed: %v, and %d secrets are left", err, len(ring.secrets))
	}
	if _, err := s.Load(t.Context()); !errors.Is(err, ErrNone) {
		t.Errorf("after that: %v", err)
	}
}

// Without a keyring, or with one that does not keep it, the key is in a file.
func TestInFile(t *testing.T) {
	for name, ring := range map[string]Keyring{"none": nil, "broken": &memory{err: errBroken}, "forgets": &memory{forgets: true}} {
		t.Run(name, func(t *testing.T) {
			s := Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: ring, NoKeyring: errNoKeyring}
			first := open(t, s)
			if !first.Made || first.Place != PlaceFile || first.NoKeyring == nil {
				t.Errorf("at first use: %+v", first)
			}
			second := open(t, s)
			if second.Made || second.Place != PlaceFile || *second.Key != *first.Key || second.Exposed != 0 {
				t.Errorf("at second use: %+v", second)
			}
			if err := s.Destroy(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(s.Path()); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("after it was destroyed: %v", err)
			}
			if err := s.Destroy(t.Context()); err != nil {
				t.Errorf("once more: %v", err)
			}
			if third := open(t, s); *third.Key == *first.Key {
				t.Error("the new key is the old one")
			}
		})
	}
}

// hanging is a keyring that never answers.
type hanging struct{ memory }

func (h *hanging) Set(ctx context.Context, _, _ string) error {
	<-ctx.Done()
	return errSlowKeyring
}

// A keyring that hangs at first use is given up after a while, and the key is in a
// file. If the caller has no more time, there is no key at all.
func TestHangingKeyring(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := Store{Dir: dir, Keyring: &hanging{}}
		begin := time.Now()
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Open(hurried); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("in a hurry: %v", err)
		}
		if o := open(t, s); o.Place != PlaceFile || !errors.Is(o.NoKeyring, errSlowKeyring) {
			t.Errorf("with patience: %+v", o)
		}
		if took := time.Since(begin); took != time.Second+DefaultPatience {
			t.Errorf("it took %v", took)
		}
	})
}

// bounded returns when its time is over, whatever the call does.
func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := make(chan struct{})
		defer close(never)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := bounded(ctx, func() (string, error) { <-never; return "", nil })
		if !errors.Is(err, errSlowKeyring) || ctx.Err() == nil {
			t.Error(err)
		}
	})
}

// All who make the key at the same time get the same one.
func TestFirstUseAtOnce(t *testing.T) {
	for name, ring := range map[string]Keyring{"file": nil, "keyring": &memory{}} {
		t.Run(name, func(t *testing.T) {
			s := Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: ring, NoKeyring: errNoKeyring}
			const many = 16
			var opened [many]Opened
			var wg sync.WaitGroup
			for i := range opened {
				wg.Go(func() {
					var err error
					if opened[i], err = s.Open(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if t.Failed() {
				return
			}
			made := 0
			for _, o := range opened {
				if o.Made {
					made++
				}
				if *o.Key != *opened[0].Key {
					t.Error("two of them have different keys")
				}
			}
			if made != 1 {
				t.Errorf("%d of them made it", made)
			}
		})
	}
}

// Who holds the lock for long is not waited for beyond the time that there is.
func TestBusy(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	unlock, err := s.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Open(ctx); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
}
