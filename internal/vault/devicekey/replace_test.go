package devicekey

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// put writes a file, and makes its folder.
func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// list returns the files below a folder, with their content.
func list(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(rel)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What a key has sealed goes with it, and nothing else does.
func TestDestroyWithFiles(t *testing.T) {
	places(t, func(t *testing.T, s Store, ring *memory) {
		s.Sealed = []string{"history/db", "history/running", "stored/db"}
		open(t, s)
		for _, name := range []string{"history/db", "history/running/1", "history/mine", "failed-codes"} {
			put(t, filepath.Join(s.Dir, name), "content")
		}
		if err := s.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		left := list(t, s.Dir)
		delete(left, "device-key.lock")
		if len(left) != 2 || left["history/mine"] == "" || left["failed-codes"] == "" || len(ring.secrets) > 0 {
			t.Errorf("left: %v, %v", left, ring.secrets)
		}
		if got := status(t, s); got != (Status{}) {
			t.Errorf("it is %+v", got)
		}
	})
}

// A locked key is destroyed like any other, without its password.
func TestDestroyLocked(t *testing.T) {
	places(t, func(t *testing.T, s Store, ring *memory) {
		if err := s.Lock(t.Context(), "password"); err != nil {
			t.Fatal(err)
		}
		s.Keyring = nil // it does not have the key
		if err := s.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := status(t, s); got != (Status{}) || len(ring.secrets) > 0 {
			t.Errorf("it is %+v", got)
		}
	})
}

// Another key comes with its files, in place of the old one and its files.
func TestReplace(t *testing.T) {
	places(t, func(t *testing.T, s Store, ring *memory) {
		s.Sealed = []string{"history/db", "history/running", "stored/db"}
		for _, name := range []string{"history/db", "history/running/1", "stored/db"} {
			put(t, filepath.Join(s.Dir, name), "old")
		}
		for range 2 { // the first time there is no old key
			key := newKey()
			o, err := s.Replace(t.Context(), key, func(dir string) error {
				put(t, filepath.Join(dir, "history", "db"), "new")
				put(t, filepath.Join(dir, "history", "lock"), "")
				return nil
			})
			if err != nil || !o.Made {
				t.Fatal(o, err)
			}
			mustHave(t, s, key)
			left := list(t, s.Dir)
			if left["history/db"] != "new" || len(left) != 4 || s.Keyring != nil && len(ring.secrets) != 1 {
				t.Errorf("there is %v, %v", left, ring.secrets)
			}
		}
	})
}

// If what is to come cannot be made, or the keyring does not delete the old key,
// everything is as it was.
func TestReplaceFails(t *testing.T) {
	places(t, func(t *testing.T, s Store, ring *memory) {
		s.Sealed = []string{"history/db"}
		old := open(t, s).Key
		put(t, filepath.Join(s.Dir, "history", "db"), "old")
		before := list(t, s.Dir)
		asItWas := func() {
			t.Helper()
			mustHave(t, s, old)
			if got := list(t, s.Dir); len(got) != len(before) || got["history/db"] != "old" {
				t.Errorf("there is %v", got)
			}
			if s.Keyring != nil && len(ring.secrets) != 1 {
				t.Errorf("the keyring has %v", ring.secrets)
			}
		}
		_, err := s.Replace(t.Context(), newKey(), func(dir string) error {
			put(t, filepath.Join(dir, "history", "db"), "new")
			return errBroken
		})
		if !errors.Is(err, errBroken) {
			t.Errorf("replaced: %v", err)
		}
		asItWas()
		if s.Keyring == nil {
			return
		}
		without := s
		without.Keyring, without.NoKeyring = nil, errNoKeyring
		var unreachable *KeyringError
		if _, err := without.Replace(t.Context(), newKey(), func(string) error { return nil }); !errors.As(err, &unreachable) {
			t.Errorf("replaced without the keyring: %v", err)
		}
		asItWas()
		keeps := s
		keeps.Keyring = stubborn{ring}
		if err := keeps.Destroy(t.Context()); !errors.As(err, &unreachable) {
			t.Errorf("destroyed, though the keyring keeps the key: %v", err)
		}
		asItWas()
	})
}

// stubborn is a keyring that deletes nothing.
type stubborn struct{ *memory }

func (stubborn) Delete(context.Context, string) error { return errBroken }

// What was decided is brought to its end by whoever next needs the key.
func TestDecidedIsFinished(t *testing.T) {
	for _, suffix := range []string{nextDir, movingDir} {
		places(t, func(t *testing.T, s Store, ring *memory) {
			s.Sealed = []string{"history/db"}
			open(t, s)
			put(t, filepath.Join(s.Dir, "history", "db"), "old")
			if suffix == movingDir { // all that is old was deleted before
				if err := errors.Join(s.forget(t.Context()), s.erase(), os.Remove(filepath.Join(s.Dir, "history", "db"))); err != nil {
					t.Fatal(err)
				}
			}
			next := s.at(suffix)
			put(t, filepath.Join(next.Dir, "history", "db"), "new")
			key := newKey()
			n, _, err := s.place(t.Context(), key, newName(), nil)
			if err == nil {
				err = next.write(n)
			}
			if err != nil {
				t.Fatal(err)
			}
			mustHave(t, s, key)
			if left := list(t, s.Dir); left["history/db"] != "new" || len(left) != 3 {
				t.Errorf("there is %v", left)
			}
			if s.Keyring != nil && len(ring.secrets) != 1 {
				t.Errorf("the keyring has %v", ring.secrets)
			}
		})
	}
}
