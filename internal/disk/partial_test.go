package disk

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A folder that is swapped between the look at it and its opening.
func TestOpenFolder(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{"a", "b"} {
		if err := root.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	info, err := root.Lstat("a")
	if err != nil {
		t.Fatal(err)
	}
	if sub, err := openFolder(root, "a", info); err != nil {
		t.Error(err)
	} else {
		_ = sub.Close()
	}
	if err := os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "moved")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b", filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if sub, err := openFolder(root, "a", info); !errors.Is(err, errReplaced) {
		t.Errorf("%v, %v", sub, err)
	}
}

// Many transfers of the same names begin and end beside each other: no two have
// one folder, and none has one that another took away.
func TestPartialFolderRace(t *testing.T) {
	const workers, rounds = 8, 40
	dir := t.TempDir()
	var mu sync.Mutex
	used := map[string]bool{}
	round := func() {
		f, err := NewFolder(dir, Options{})
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		if err := f.Begin(t.Context(), []string{"a"}, 0); err != nil {
			t.Error(err)
			return
		}
		name := f.partial.path
		mu.Lock()
		if used[name] {
			t.Errorf("two have %s", name)
		}
		used[name] = true
		mu.Unlock()
		mine, err := f.partial.journal.f.Stat()
		there, lerr := f.dest.Lstat(name + "/" + journalName)
		if err != nil || lerr != nil || !os.SameFile(mine, there) {
			t.Errorf("%s was taken away: %v", name, errors.Join(err, lerr))
		}
		mu.Lock()
		used[name] = false
		mu.Unlock()
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range rounds {
				round()
			}
		})
	}
	group.Wait()
}
