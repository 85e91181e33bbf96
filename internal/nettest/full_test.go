//go:build linux

package nettest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	smallDisk = 64 << 20 // bytes
	overDisk  = 100 << 20
	slack     = 1 << 20 // of a disk, for what is kept beside the bytes of files
)

// smallFS is a file system in memory that is mounted nowhere: it is gone with
// the process.
type smallFS struct{ mount int }

// newDisk makes one of so many bytes.
func newDisk(t *testing.T, size int64) smallFS {
	t.Helper()
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		complain(t, "no small disk can be made here: %v", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigSetString(fs, "size", strconv.FormatInt(size, 10)); err != nil {
		t.Fatal(err)
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		complain(t, "no small disk can be made here: %v", err)
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		complain(t, "no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Close(mount) })
	return smallFS{mount}
}

// folder is where it is.
func (d smallFS) folder() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), d.mount) }

// resize makes it larger or smaller.
func (d smallFS) resize(t *testing.T, size int64) {
	t.Helper()
	fs, err := unix.Fspick(d.mount, "", unix.FSPICK_CLOEXEC|unix.FSPICK_EMPTY_PATH)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigSetString(fs, "size", strconv.FormatInt(size, 10)); err != nil {
		t.Fatal(err)
	}
	if err := unix.FsconfigReconfigure(fs); err != nil {
		t.Fatal(err)
	}
}

// fullDisk waits for both sides to end because of a disk without room, and
// returns how many bytes the receiver says are missing.
func (x exchange) fullDisk(t *testing.T) (missing int64) {
	t.Helper()
	x.receiver.exit(t, 7, patience)
	failed := x.receiver.first(t, "error")
	number := regexp.MustCompile(`\((\d+) bytes\) more`).FindStringSubmatch(failed.Message)
	if failed.Kind != "io" || failed.Hint == "" || number == nil {
		t.Fatalf("kind %q, message %q, hint %q", failed.Kind, failed.Message, failed.Hint)
	}
	missing, err := strconv.ParseInt(number[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	const least = overDisk - smallDisk
	if missing < least || missing > least+slack {
		t.Errorf("%d bytes are missing, it says; want %d and a little", missing, least)
	}
	x.sender.exit(t, 4, patience)
	if told := x.sender.first(t, "error"); told.Kind != "declined" || !regexp.MustCompile("disk is full").MatchString(told.Message) {
		t.Errorf("the sender says %q, %q", told.Kind, told.Message)
	}
	return missing
}

// A disk that is too small is told before anything is sent, and nothing is left
// on it.
func TestDiskTooSmall(t *testing.T) {
	requireRoot(t)
	t.Parallel()
	disk, file := newDisk(t, smallDisk), randomFile(t, overDisk)
	relay := "ws://" + run(t, nil, "relay", "--listen", "127.0.0.1:0").first(t, "listening").Addr
	x := network{}.send(t, file, disk.folder(), "--relay", relay, "--lanes", "relay")
	missing := x.fullDisk(t)
	if n := x.sender.count("progress"); n > 0 {
		t.Errorf("the sender told of progress %d times", n)
	}
	empty(t, disk.folder())

	disk.resize(t, smallDisk+missing+slack)
	x = network{}.send(t, file, disk.folder(), "--relay", relay, "--lanes", "relay")
	x.carriedBy(t, "relay", overDisk)
	same(t, file, filepath.Join(disk.folder(), filepath.Base(file)))
	alone(t, disk.folder(), filepath.Base(file))
}

// A disk fills up on the way: what was verified stays, under no final name, and
// when there is as much more room as was asked for, only the rest is sent.
func TestDiskFillsUp(t *testing.T) {
	requireRoot(t)
	t.Parallel()
	const (
		roomy = 2 * overDisk
		slow  = 24 << 20 // what the relay passes on in a second, in bytes
		lost  = 8 << 20  // what may come again, in bytes
	)
	disk, file := newDisk(t, roomy), randomFile(t, overDisk)
	relay := "ws://" + run(t, nil, "relay", "--listen", "127.0.0.1:0", "--bytes-per-second", strconv.Itoa(slow)).first(t, "listening").Addr
	flags := []string{"--relay", relay, "--lanes", "relay"}
	x := network{}.send(t, file, disk.folder(), flags...)
	x.receiver.await(t, "progress", func(e event) bool { return e.Event == "progress" && e.Bytes >= pullAt })
	disk.resize(t, smallDisk) // as if somebody else had written the rest
	missing, arrived := x.fullDisk(t), x.receiver.reached()
	if arrived < smallDisk/2 {
		t.Errorf("it ended after %d bytes, on a disk of %d", arrived, smallDisk)
	}
	final := filepath.Join(disk.folder(), filepath.Base(file))
	if _, err := os.Lstat(final); !os.IsNotExist(err) {
		t.Errorf("%s: %v, want it not to exist", final, err)
	}

	disk.resize(t, smallDisk+missing+slack)
	x = network{}.send(t, file, disk.folder(), flags...)
	sent, received := x.succeed(t)
	t.Logf("%d bytes had arrived, %d were sent then", arrived, sent.Sent)
	for name, done := range map[string]event{"send": sent, "receive": received} {
		if done.Bytes != overDisk || done.Sent == 0 || done.Sent > overDisk-arrived+lost {
			t.Errorf("%s: %d of %d bytes were sent after %d had come before", name, done.Sent, done.Bytes, arrived)
		}
	}
	same(t, file, final)
	alone(t, disk.folder(), filepath.Base(file))
}

// empty fails if there is anything in a folder.
func empty(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) > 0 {
		t.Errorf("%s has %v (%v), want nothing", folder, entries, err)
	}
}
