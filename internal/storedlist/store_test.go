package storedlist

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

func testKey(t *testing.T, dir string) *devicekey.Key {
	t.Helper()
	o, err := devicekey.Store{Dir: dir, NoKeyring: errors.New("a test")}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o.Key
}

func openIn(t *testing.T, dir string, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(dir, "stored"), testKey(t, dir), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func add(t *testing.T, s *Store, e Entry) *Record {
	t.Helper()
	r, err := s.Add(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func list(t *testing.T, s *Store) []Entry {
	t.Helper()
	all, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func take(t *testing.T, s *Store, key string) *Record {
	t.Helper()
	r, err := s.Take(t.Context(), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// An upload is taken by one process at a time, until it has ended. Two Stores are two
// processes: a lock is that of an open file.
func TestTake(t *testing.T) {
	dir := t.TempDir()
	s, other := openIn(t, dir, nil), openIn(t, dir, nil)
	later := time.Now().Add(time.Hour)
	first := add(t, s, Entry{Key: []byte("k"), Open: true, Until: later, Data: []byte("first")})
	if r := take(t, other, "k"); r != nil {
		t.Fatal("what is being uploaded is taken")
	}
	if all := list(t, other); len(all) != 1 || !all[0].Running || string(all[0].Data) != "first" {
		t.Errorf("the list is %+v", all)
	}
	second := add(t, s, Entry{Key: []byte("k"), Open: true, Until: later, Data: []byte("second")})
	for _, r := range []*Record{first, second} {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if r := take(t, other, "another"); r != nil {
		t.Error("another key takes it")
	}
	if r := take(t, other, ""); r != nil {
		t.Error("no key takes it")
	}
	newest := take(t, other, "k")
	if newest == nil || string(newest.Entry().Data) != "second" {
		t.Fatalf("taken: %+v", newest)
	}
	if err := newest.Save(t.Context(), Entry{Key: []byte("k"), Until: later, Data: []byte("done")}); err != nil {
		t.Fatal(err)
	}
	if err := newest.Close(); err != nil {
		t.Fatal(err)
	}
	oldest := take(t, s, "k")
	if oldest == nil || string(oldest.Entry().Data) != "first" {
		t.Fatalf("taken: %+v", oldest)
	}
	if err := oldest.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := list(t, s); len(all) != 1 || all[0].Running || all[0].Open || string(all[0].Data) != "done" || all[0].Number != 2 {
		t.Errorf("the list is %+v", all)
	}
	if r := take(t, s, "k"); r != nil {
		t.Errorf("taken: %+v", r.Entry())
	}
	if files, _ := os.ReadDir(filepath.Join(dir, "stored", uploading)); len(files) != 0 {
		t.Errorf("locks are left: %v", files)
	}
}

func TestChanges(t *testing.T) {
	now := time.Now()
	s := openIn(t, t.TempDir(), func() time.Time { return now })
	a := add(t, s, Entry{Until: now.Add(time.Hour), Data: []byte("a")})
	b := add(t, s, Entry{Until: now.Add(24 * time.Hour), Data: []byte("b")})
	got, err := s.Get(t.Context(), b.Entry().Number)
	if err != nil || string(got.Data) != "b" || !got.Until.Equal(now.Add(24*time.Hour)) {
		t.Errorf("%+v, %v", got, err)
	}
	got.Data = []byte("c")
	if err := s.Save(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	now = now.Add(Retention + 2*time.Hour)
	if all := list(t, s); len(all) != 1 || string(all[0].Data) != "c" {
		t.Errorf("the list is %+v", all)
	}
	for _, number := range []int64{a.Entry().Number, 99} {
		if _, err := s.Get(t.Context(), number); !errors.Is(err, ErrNoEntry) {
			t.Errorf("%d: %v", number, err)
		}
		if err := s.Remove(t.Context(), number); err != nil {
			t.Errorf("%d: %v", number, err)
		}
	}
	if err := a.Save(t.Context(), Entry{Data: []byte("back")}); err != nil || len(list(t, s)) != 1 {
		t.Errorf("what was removed is back, %v", err)
	}
	if _, err := s.Add(t.Context(), Entry{Data: make([]byte, maxData+1)}); !errors.Is(err, errTooLong) {
		t.Errorf("too much: %v", err)
	}
}

// No file has anything of an entry in the clear, and another key opens nothing.
func TestSealed(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, nil)
	add(t, s, Entry{Key: []byte("the-key-of-it"), Open: true, Until: time.Now().Add(time.Hour), Data: []byte("a-secret-link")})
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("secret-link")) || bytes.Contains(b, []byte("key-of-it")) || bytes.Contains(b, []byte("dGhlLWtleS1vZi1pdA")) {
			t.Errorf("%s has it in the clear", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "stored"), testKey(t, t.TempDir()), nil); !errors.Is(err, sealeddb.ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
}
