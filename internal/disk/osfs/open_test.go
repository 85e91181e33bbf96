package osfs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A folder is replaced between looking at it and opening it.
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
	if sub, err := OpenDir(t.Context(), root, "a", info); err != nil {
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
	if sub, err := OpenDir(t.Context(), root, "a", info); !errors.Is(err, ErrReplaced) {
		t.Errorf("%v, %v", sub, err)
	}
}
