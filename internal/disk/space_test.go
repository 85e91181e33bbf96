//go:build linux

package disk_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
)

// mounted mounts a small file system.
func mounted(t *testing.T, flags uintptr, options string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can mount a small disk to fill it")
	}
	dir := t.TempDir()
	if err := unix.Mount("tallow-test", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("SKIPPED: no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

// If there is too little room, the error comes before anything is written and
// says how many bytes are missing.
func TestNoSpaceAtBegin(t *testing.T) {
	dir := mounted(t, 0, "size=4m")
	f := folder(t, dir, destination.Options{})
	err := f.Begin(t.Context(), []string{"a"}, 5*mib)
	var space *destination.SpaceError
	if !errors.As(err, &space) || space.Dir != dir || space.Needed < mib || space.Needed > mib+256<<10 {
		t.Fatalf("%v, %+v", err, space)
	}
	mentions(t, err, dir, " bytes more")
	tellsPeer(t, err)
	must(t, f.Close())
	if found := tree(t, dir); len(found) > 0 {
		t.Errorf("%v", found)
	}
	must(t, folder(t, dir, destination.Options{}).Begin(t.Context(), []string{"a"}, 3*mib))
}

// The disk fills up during the transfer. The error says how much is missing,
// nothing half-written has a final name, and with more room the transfer resumes.
func TestNoSpaceOnTheWay(t *testing.T) {
	dir := mounted(t, 0, "size=8m")
	from := t.TempDir()
	src := write(t, filepath.Join(from, "a"), random(6*mib, 1))
	ballast := filepath.Join(dir, "ballast")
	d := open(t, dir, destination.Options{}, src)
	n := 0
	d.stop = func() bool {
		if n++; n == 2 { // another program fills the disk
			write(t, ballast, make([]byte, 4*mib))
		}
		return false
	}
	err := d.run(t.Context())
	var space *destination.SpaceError
	if !errors.As(err, &space) || space.Needed < mib || space.Needed > 5*mib || !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("%v, %+v", err, space)
	}
	if err := d.dst.Close(); err != nil {
		t.Logf("Close: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "a")); err == nil {
		t.Error("it bears its final name")
	}
	must(t, os.Remove(ballast))
	d = deliver(t, dir, destination.Options{}, src)
	same(t, dir, from)
	if d.sent > 4*mib {
		t.Errorf("%d bytes were sent again", d.sent)
	}
}

// If there is too little room from the start, a blob can still be remembered, and
// stays.
func TestRememberWithoutSpace(t *testing.T) {
	dir := mounted(t, 0, "size=1m")
	f := folder(t, dir, destination.Options{})
	var space *destination.SpaceError
	if err := f.Begin(t.Context(), []string{"a"}, 4*mib); !errors.As(err, &space) || space.Missing() != space.Needed {
		t.Fatalf("%v, %+v", err, space)
	}
	if want := fmt.Sprintf("its disk is full: %d bytes missing", space.Needed); space.Brief() != want {
		t.Errorf("the peer is told %q, want %q", space.Brief(), want)
	}
	must(t, f.Remember([]byte("one")))
	f.Keep()
	must(t, f.Close())
	remembers(t, dir, "one")
}

// A disk without room for a single inode, or mounted read-only.
func TestDiskThatTakesNothing(t *testing.T) {
	dir := mounted(t, 0, "nr_inodes=2")
	f := folder(t, dir, destination.Options{})
	err := f.Begin(t.Context(), []string{"a"}, 1)
	if space := new(destination.SpaceError); !errors.As(err, &space) || !errors.Is(err, unix.ENOSPC) || space.Dir != dir {
		t.Errorf("%v", err)
	}
	tellsPeer(t, err)
	if found := tree(t, dir); len(found) > 0 {
		t.Errorf("%v", found)
	}
	dir = mounted(t, unix.MS_RDONLY, "")
	f = folder(t, dir, destination.Options{})
	err = f.Begin(t.Context(), []string{"a"}, 1)
	mentions(t, err, dir, "read-only")
	if write := new(destination.WriteError); !errors.As(err, &write) || !errors.Is(err, unix.EROFS) {
		t.Errorf("%v", err)
	}
	tellsPeer(t, err)
	_, err = destination.NewFolder(t.Context(), filepath.Join(dir, "new"), destination.Options{})
	mentions(t, err, dir, "read-only")
	if folder := new(destination.FolderError); !errors.As(err, &folder) {
		t.Errorf("%T", err)
	}
}

// A folder of the destination is another disk, so that no rename leads there.
func TestOtherDisk(t *testing.T) {
	dir := t.TempDir()
	other := mounted(t, 0, "size=1m")
	must(t, os.Mkdir(filepath.Join(dir, "top"), 0o755))
	must(t, os.Mkdir(filepath.Join(dir, "top", "other"), 0o755))
	must(t, unix.Mount(other, filepath.Join(dir, "top", "other"), "", unix.MS_BIND, ""))
	t.Cleanup(func() { must(t, unix.Unmount(filepath.Join(dir, "top", "other"), unix.MNT_DETACH)) })
	f := begun(t, dir, destination.Options{}, "top")
	mustPrepareFolder(t, f, "top")
	mustPrepareFolder(t, f, "top/other")
	_, err := put(t, f, fileEntry("top/other/a", 1), []byte("1"))
	refusedWith(t, err, "another disk")
}

// What is in partial files, or may be the same as what is sent, needs no more
// room.
func TestSpaceThatIsTaken(t *testing.T) {
	from := t.TempDir()
	src := write(t, filepath.Join(from, "top", "a"), random(5*mib, 1))
	t.Run("by the same file", func(t *testing.T) {
		dir := mounted(t, 0, "size=8m")
		write(t, filepath.Join(dir, "top", "a"), []byte(read(t, src)))
		write(t, filepath.Join(from, "top", "b"), random(mib, 2))
		if d := deliver(t, dir, destination.Options{}, filepath.Dir(src)); d.sent != mib {
			t.Errorf("%d bytes were sent", d.sent)
		}
	})
	t.Run("by another file", func(t *testing.T) {
		dir := mounted(t, 0, "size=8m")
		write(t, filepath.Join(dir, "other"), random(5*mib, 1))
		err := folder(t, dir, destination.Options{}).Begin(t.Context(), []string{"top"}, 6*mib)
		if !errors.As(err, new(*destination.SpaceError)) {
			t.Errorf("%v", err)
		}
	})
	t.Run("by too small a file", func(t *testing.T) {
		dir := mounted(t, 0, "size=8m")
		write(t, filepath.Join(dir, "top", "a"), random(mib, 1))
		var space *destination.SpaceError
		err := folder(t, dir, destination.Options{}).Begin(t.Context(), []string{"top"}, 10*mib)
		if !errors.As(err, &space) || space.Needed < 2*mib || space.Needed > 2*mib+256<<10 {
			t.Errorf("%v, %+v", err, space)
		}
	})
	t.Run("by a partial file", func(t *testing.T) {
		dir := mounted(t, 0, "size=8m")
		from := t.TempDir()
		src := write(t, filepath.Join(from, "c"), random(6*mib, 3))
		interrupted(t, dir, destination.Options{}, src, after(4))
		ballast := write(t, filepath.Join(dir, "ballast"), make([]byte, 2*mib)) // not quite 2 are free now
		var space *destination.SpaceError
		f := folder(t, dir, destination.Options{})
		err := f.Begin(t.Context(), []string{"c"}, 6*mib)
		must(t, f.Close())
		if !errors.As(err, &space) || space.Needed > 256<<10 {
			t.Errorf("%v, %+v", err, space)
		}
		must(t, os.Truncate(ballast, mib))
		if d := deliver(t, dir, destination.Options{}, src); d.sent != 2*mib {
			t.Errorf("%d bytes were sent", d.sent)
		}
	})
}

// The disk fills up while an existing file is copied to a partial file. The
// existing file stays, and the error says what is missing.
func TestNoSpaceToReplace(t *testing.T) {
	dir := mounted(t, 0, "size=8m")
	from := t.TempDir()
	data := random(6*mib, 1)
	src := write(t, filepath.Join(from, "a"), data)
	data[0] ^= 1
	write(t, filepath.Join(dir, "a"), data)
	d := open(t, dir, destination.Options{Policy: destination.PolicyOverwrite}, src)
	err := d.run(t.Context())
	var space *destination.SpaceError
	if !errors.As(err, &space) || space.Needed < 3*mib || space.Needed > 6*mib {
		t.Fatalf("%v, %+v", err, space)
	}
	_ = d.dst.Close() // its journal may not fit either
	if read(t, filepath.Join(dir, "a")) != string(data) {
		t.Error("it was changed")
	}
	must(t, unix.Mount("tallow-test", dir, "tmpfs", unix.MS_REMOUNT, "size=16m"))
	if d := deliver(t, dir, destination.Options{Policy: destination.PolicyOverwrite}, src); d.sent != mib {
		t.Errorf("%d bytes were sent", d.sent)
	}
	same(t, dir, from)
}

// There is less room than would be reserved. It is used all the same, and what
// was written is kept.
func TestNoSpaceToReserve(t *testing.T) {
	dir := mounted(t, 0, "size=24m")
	from := t.TempDir()
	src := write(t, filepath.Join(from, "a"), random(40*mib, 1))
	d := open(t, dir, destination.Options{}, src)
	d.unknown = true
	err := d.run(t.Context())
	var space *destination.SpaceError
	if !errors.As(err, &space) {
		t.Fatalf("%v", err)
	}
	_ = d.dst.Close() // its journal may not fit either
	if d.sent < 20*mib {
		t.Errorf("%d bytes were written", d.sent)
	}
	must(t, unix.Mount("tallow-test", dir, "tmpfs", unix.MS_REMOUNT, "size=64m"))
	if d := deliver(t, dir, destination.Options{}, src); d.sent > 40*mib-16*mib {
		t.Errorf("%d bytes were sent again", d.sent)
	}
	same(t, dir, from)
}
