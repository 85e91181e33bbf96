package sealeddb

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// SQLite writes no temporary files, in which what it sorts would be in the clear. It does
// so without the setting that keeps them in memory, by which it is known that this test
// sees them: they are deleted as soon as they are made.
func TestNoTemporaryFiles(t *testing.T) {
	if dir := os.Getenv("SEALEDDB_CHILD"); dir != "" {
		sortMuch(t, dir, os.Getenv("SEALEDDB_SETTING"))
		return
	}
	for setting, want := range map[string]bool{"": false, "PRAGMA temp_store = FILE": true} {
		temporary, dir := t.TempDir(), filepath.Join(t.TempDir(), "state")
		made := watch(t, temporary)
		cmd := exec.Command(os.Args[0], "-test.run=^TestNoTemporaryFiles$", "-test.timeout=2m") // SQLite reads its environment once
		cmd.Env = append(os.Environ(), "SQLITE_TMPDIR="+temporary, "TMPDIR="+temporary, "SEALEDDB_CHILD="+dir, "SEALEDDB_SETTING="+setting)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got := made(); got != want {
			t.Errorf("with %q temporary files were made: %v", setting, got)
		}
	}
}

// sortMuch has SQLite do what takes temporary room.
func sortMuch(t *testing.T, dir, setting string) {
	d := openIn(t, dir)
	add(t, d, 1, 1000)
	for _, statement := range []string{
		setting,
		"PRAGMA cache_size = 1",
		"CREATE TEMP TABLE longer AS SELECT id, hex(note) || hex(note) || hex(note) AS note FROM notes",
		"CREATE TEMP TABLE sorted AS SELECT a.note FROM longer a, longer b WHERE b.id < 10 ORDER BY a.note, b.note",
		"CREATE INDEX temp.by_note ON sorted (note)",
		"UPDATE notes SET note = zeroblob(200) WHERE id IN (SELECT id FROM longer ORDER BY note)",
		"DELETE FROM notes WHERE id % 2 = 0",
		"VACUUM",
	} {
		if _, err := d.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	others, err := os.ReadDir(dir)
	if err != nil || len(others) != 4 { // the database, its log and index, and the lock
		t.Errorf("beside the database there is %v, %v", others, err)
	}
}

// watch returns what says whether a file was made in a folder since.
func watch(t *testing.T, dir string) func() bool {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_OPEN); err != nil {
		t.Fatal(fmt.Errorf("watching %s: %w", dir, err))
	}
	return func() bool {
		n, err := unix.Read(fd, make([]byte, 4096))
		if err != nil && !errors.Is(err, unix.EAGAIN) {
			t.Fatal(err)
		}
		return n > 0
	}
}
