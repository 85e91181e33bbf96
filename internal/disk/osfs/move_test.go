//go:build unix

package osfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A rename that must not replace anything, also for systems and disks that have
// only links for that.
func TestMoveByLink(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	d := &Dir{Base: root, Root: root}
	if err := d.Open(); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, name := range []string{"a", "b"} {
		if err := root.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, move := range map[string]func(from, to *Dir, old, name string) error{"link": moveByLink, "system": Move} {
		if err := move(d, d, "a", "b"); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i, move := range []func(from, to *Dir, old, name string) error{moveByLink, Move} {
		from, to := []string{"a", "c"}[i], []string{"c", "d"}[i]
		if err := move(d, d, from, to); err != nil {
			t.Error(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, to))
		if _, gone := os.Lstat(filepath.Join(dir, from)); string(b) != "a" || err != nil || gone == nil {
			t.Errorf("%q, %v, %v", b, err, gone)
		}
	}
}
