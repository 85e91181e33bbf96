//go:build linux

package nettest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	smallDisk = 64 << 20 // bytes
	overDisk  = 100 << 20
	slack     = 1 << 20 // bytes for what is stored beside the content of files
)

// smallFS is a file system in memory that is not mounted anywhere, so that it
// disappears with the process.
type smallFS struct{ mount int }

// newDisk makes a smallFS of a size in bytes.
func newDisk(t *testing.T, size int64) smallFS {
	t.Helper()
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		skipOrFail(t, "no small disk can be made here: %v", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigSetString(fs, "size", strconv.FormatInt(size, 10)); err != nil {
		t.Fatal(err)
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		skipOrFail(t, "no small disk can be made here: %v", err)
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		skipOrFail(t, "no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Close(mount) })
	return smallFS{mount}
}

// folder returns its path.
func (d smallFS) folder() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), d.mount) }

// resize changes its size.
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

// fullDisk waits until the receiver ends because its disk is full, and returns how
// many bytes it reports as missing.
func (x exchange) fullDisk(t *testing.T) (missing int64) {
	t.Helper()
	x.receiver.exit(t, 7, waitTimeout)
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
	return missing
}

// waits fails unless the sender says that it waits for a disk on which so many bytes
// are missing.
func (x exchange) waits(t *testing.T, missing int64) {
	t.Helper()
	lacks := fmt.Sprintf("its disk is full: %d bytes missing", missing)
	x.sender.await(t, lacks, func(e event) bool {
		return e.Event == "state" && e.State == "connecting" && strings.Contains(e.Reason, lacks)
	})
}

// again runs the command of the receiver again.
func (x *exchange) again(t *testing.T) {
	t.Helper()
	args := x.receiver.cmd.Args
	x.receiver = run(t, nil, args[1:len(args)-1]...) // without the arguments that run adds
}

// A disk that is too small is noticed before anything is sent. The sender waits, and
// once there is space, the same command continues.
func TestDiskTooSmall(t *testing.T) {
	requireRoot(t)
	t.Parallel()
	disk, file := newDisk(t, smallDisk), randomFile(t, overDisk)
	relay := "ws://" + run(t, nil, "relay", "--listen", "127.0.0.1:0").first(t, "listening").Addr
	x := network{}.send(t, file, disk.folder(), "--relay", relay, "--lanes", "relay")
	missing := x.fullDisk(t)
	x.waits(t, missing)
	if n := x.sender.count("progress"); n > 0 {
		t.Errorf("the sender told of progress %d times", n)
	}
	x.again(t) // nothing has changed: the receiver says it again, and the sender goes on waiting
	if still := x.fullDisk(t); still < missing || still > missing+slack {
		t.Errorf("now %d bytes are missing, before it were %d", still, missing)
	}
	hidden(t, disk.folder())

	disk.resize(t, smallDisk+missing+slack)
	x.again(t)
	x.carriedBy(t, "relay", overDisk)
	if n := x.sender.count("code"); n != 1 {
		t.Errorf("%d codes were needed", n)
	}
	same(t, file, filepath.Join(disk.folder(), filepath.Base(file)))
	alone(t, disk.folder(), filepath.Base(file))
}

// A disk fills up during a transfer. What was verified is kept without a final name.
// With as much more room as the receiver asked for, the same command transfers the
// rest and nothing else.
func TestDiskFillsUp(t *testing.T) {
	requireRoot(t)
	t.Parallel()
	const (
		roomy = 2 * overDisk
		slow  = 24 << 20 // bytes per second that the relay forwards
		lost  = 8 << 20  // bytes that may be sent again
	)
	disk, file := newDisk(t, roomy), randomFile(t, overDisk)
	relay := "ws://" + run(t, nil, "relay", "--listen", "127.0.0.1:0", "--bytes-per-second", strconv.Itoa(slow)).first(t, "listening").Addr
	x := network{}.send(t, file, disk.folder(), "--relay", relay, "--lanes", "relay")
	x.receiver.await(t, "progress", func(e event) bool { return e.Event == "progress" && e.Bytes >= pullAt })
	disk.resize(t, smallDisk) // as if another program had written the rest
	missing, arrived := x.fullDisk(t), x.receiver.reached()
	x.waits(t, missing)
	if arrived < smallDisk/2 {
		t.Errorf("it ended after %d bytes, on a disk of %d", arrived, smallDisk)
	}
	hidden(t, disk.folder())

	disk.resize(t, smallDisk+missing+slack)
	x.again(t)
	sent, received := x.succeed(t)
	t.Logf("%d bytes had arrived, %d were sent then, %d in all", arrived, received.Sent, sent.Sent)
	if received.Bytes != overDisk || received.Sent == 0 || received.Sent > overDisk-arrived+lost {
		t.Errorf("%d of %d bytes came after %d had come before", received.Sent, received.Bytes, arrived)
	}
	const window = 32 << 20 // bytes that were in flight when the disk was full
	if sent.Bytes != overDisk || sent.Sent > overDisk+lost+window {
		t.Errorf("%d bytes were sent in all for %d", sent.Sent, sent.Bytes)
	}
	final := filepath.Join(disk.folder(), filepath.Base(file))
	same(t, file, final)
	alone(t, disk.folder(), filepath.Base(file))
}

// The disk stays full. In the end the sender says what it has waited for.
func TestDiskStaysFull(t *testing.T) {
	requireRoot(t)
	t.Parallel()
	disk, file := newDisk(t, smallDisk), randomFile(t, overDisk)
	relay := "ws://" + run(t, nil, "relay", "--listen", "127.0.0.1:0").first(t, "listening").Addr
	x := network{}.send(t, file, disk.folder(), "--relay", relay, "--lanes", "relay", "--wait", "1s")
	missing := x.fullDisk(t)
	x.waits(t, missing)
	x.sender.exit(t, 5, waitTimeout)
	if told := x.sender.first(t, "error"); told.Kind != "network" || !strings.Contains(told.Message, "disk is full") || told.Hint == "" {
		t.Errorf("the sender says %q, %q, %q", told.Kind, told.Message, told.Hint)
	}
}

// A disk has no space even for the state that resuming needs, which is elsewhere,
// too: the sender waits, and nothing is left on the disk.
func TestNoRoomAtAll(t *testing.T) {
	requireRoot(t)
	t.Parallel()
	disk, file := newDisk(t, smallDisk), randomFile(t, overDisk)
	filler := filepath.Join(disk.folder(), "filler")
	if err := os.WriteFile(filler, make([]byte, smallDisk), 0o600); err != nil {
		t.Fatal(err)
	}
	relay := "ws://" + run(t, nil, "relay", "--listen", "127.0.0.1:0").first(t, "listening").Addr
	x := network{}.send(t, file, disk.folder(), "--relay", relay, "--lanes", "relay", "--wait", "1s")
	x.receiver.exit(t, 7, waitTimeout)
	if failed := x.receiver.first(t, "error"); failed.Kind != "io" || !strings.Contains(failed.Hint, "the code still works") {
		t.Errorf("the receiver says %q, %q, %q", failed.Kind, failed.Message, failed.Hint)
	}
	x.sender.exit(t, 5, waitTimeout)
	if told := x.sender.first(t, "error"); told.Kind != "network" || !strings.Contains(told.Message, "disk is full") {
		t.Errorf("the sender says %q, %q", told.Kind, told.Message)
	}
	alone(t, disk.folder(), "filler")
}

// hidden fails unless a folder contains nothing but one hidden entry.
func hidden(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || !strings.HasPrefix(entries[0].Name(), ".tallow-") {
		t.Errorf("%s has %v (%v), want only what was kept", folder, entries, err)
	}
}
