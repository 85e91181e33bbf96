package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/disk/source"
)

// What cannot be read is reported, and the rest is sent.
func TestUnreadableSource(t *testing.T) {
	if !asUser(t) {
		return
	}
	top := filepath.Join(t.TempDir(), "top")
	write(t, filepath.Join(top, "ok"), []byte("1"))
	closed := write(t, filepath.Join(top, "closed"), []byte("1"))
	write(t, filepath.Join(top, "folder", "a"), nil)
	must(t, os.Chmod(closed, 0))
	must(t, os.Chmod(filepath.Join(top, "folder"), 0))
	defer os.Chmod(filepath.Join(top, "folder"), 0o700)

	s := newSource(t, top)
	got := list(t, s)
	if len(got.entries) != 4 || !strings.Contains(got.problems["top/folder"], "permission denied") || len(got.problems) != 1 {
		t.Errorf("%v, %v", got.order, got.problems)
	}
	_, err := got.items["top/closed"].Open()
	mentions(t, err, "top/closed", "permission denied")
	if _, err := source.NewPaths(t.Context(), []string{filepath.Join(top, "folder", "a")}, source.Options{}); err == nil {
		t.Error("a path that cannot be seen is taken")
	}
}

// A path of the user that cannot be read is found before anything is sent; what
// is unreadable below it is only left out.
func TestCheckUnreadable(t *testing.T) {
	if !asUser(t) {
		return
	}
	dir := t.TempDir()
	closed := write(t, filepath.Join(dir, "closed"), []byte("1"))
	folder := filepath.Join(dir, "folder")
	write(t, filepath.Join(folder, "a"), nil)
	write(t, filepath.Join(dir, "top", "sub", "a"), nil)
	must(t, os.Chmod(closed, 0))
	for _, p := range []string{folder, filepath.Join(dir, "top", "sub")} {
		must(t, os.Chmod(p, 0))
		defer os.Chmod(p, 0o700)
	}
	for _, p := range []string{closed, folder} {
		var got *source.PathError
		if err := newSource(t, p).Check(t.Context()); !errors.As(err, &got) || got.Fault != source.FaultUnreadable || got.Path != p {
			t.Errorf("%s: %v", p, err)
		}
	}
	must(t, newSource(t, filepath.Join(dir, "top")).Check(t.Context()))
}

// A destination that this user cannot write to.
func TestUnwritableDestination(t *testing.T) {
	if !asUser(t) {
		return
	}
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "top"), 0o755))
	must(t, os.Mkdir(filepath.Join(dir, "top", "closed"), 0o555))
	must(t, os.Mkdir(filepath.Join(dir, "top", "hidden"), 0))
	defer os.Chmod(filepath.Join(dir, "top", "hidden"), 0o700)

	f := begun(t, dir, destination.Options{}, "top")
	mustPrepareFolder(t, f, "top")
	mustPrepareFolder(t, f, "top/closed")
	_, err := put(t, f, fileEntry("top/closed/a", 1), []byte("1"))
	refusedWith(t, err, "may not write")
	_, err = f.Prepare(t.Context(), 2, dirEntry("top/closed/new"))
	refusedWith(t, err, "may not write")
	_, err = f.Prepare(t.Context(), 3, fileEntry("top/hidden/a", 1))
	refusedWith(t, err, "may not write")
	_, err = put(t, f, fileEntry("top/ok", 1), []byte("1"))
	must(t, err)
	must(t, f.Close())

	must(t, os.Chmod(dir, 0o555))
	defer os.Chmod(dir, 0o755)
	f = folder(t, dir, destination.Options{})
	err = f.Begin(t.Context(), []string{"other"}, 1)
	mentions(t, err, dir, "permission denied")
	tellsPeer(t, err)
	_, err = destination.NewFolder(t.Context(), filepath.Join(dir, "new"), destination.Options{})
	mentions(t, err, "permission denied")
}

// Files and folders whose own modes forbid access, received by a user for whom
// that counts. They arrive, even after an interruption.
func TestClosedModes(t *testing.T) {
	if !asUser(t) {
		return
	}
	from, to := t.TempDir(), t.TempDir()
	top := filepath.Join(from, "top")
	for _, p := range []string{"a/b/1", "a/b/2", "a/3"} {
		write(t, filepath.Join(top, p), random(mib, 1))
		must(t, os.Chmod(filepath.Join(top, p), 0o400))
	}
	for _, p := range []string{"a/b", "a", "."} {
		must(t, os.Chmod(filepath.Join(top, p), 0o500))
		defer os.Chmod(filepath.Join(top, p), 0o700)
		defer os.Chmod(filepath.Join(to, "top", p), 0o700)
	}
	interrupted(t, to, destination.Options{}, top, after(2))
	deliver(t, to, destination.Options{}, top)
	same(t, to, from)
	for _, p := range []string{".", "a", "a/b"} { // outer ones first
		must(t, os.Chmod(filepath.Join(top, p), 0o700))
		must(t, os.Chmod(filepath.Join(to, "top", p), 0o700))
	}
}

// An outer folder whose mode forbids access does not keep the inner ones from
// getting theirs.
func TestClosedOuterFolder(t *testing.T) {
	if !asUser(t) {
		return
	}
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{Preserve: true}, "top")
	for i, mode := range []fs.FileMode{0, 0o711} {
		e := dirEntry([]string{"top", "top/in"}[i])
		e.Mode = mode
		_, err := f.Prepare(t.Context(), uint64(i), e)
		must(t, err)
	}
	must(t, f.Finish(t.Context()))
	outer := filepath.Join(dir, "top")
	info, err := os.Stat(outer)
	must(t, err)
	must(t, os.Chmod(outer, 0o700))
	inner, err := os.Stat(filepath.Join(outer, "in"))
	must(t, err)
	if info.Mode().Perm() != 0 || inner.Mode().Perm() != 0o711 {
		t.Errorf("outer %v, inner %v", info.Mode(), inner.Mode())
	}
}
