package congestiontest

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	allowedPath = "/proc/sys/net/ipv4/tcp_allowed_congestion_control"
	ownPath     = "/proc/sys/net/ipv4/tcp_congestion_control"
)

// Of is the congestion control of a socket.
func Of(t *testing.T, c syscall.Conn) string {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var name string
	if failed := raw.Control(func(fd uintptr) {
		name, err = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	}); failed != nil || err != nil {
		t.Fatal(failed, err)
	}
	return strings.TrimRight(name, "\x00")
}

// WhereItIsReno calls f on a machine of its own, with nothing but loopback, whose
// system uses reno by itself. Sockets that f makes in its own goroutine are
// there. It skips the test where that cannot be, or algorithm is not to be had.
func WhereItIsReno(t *testing.T, algorithm string, f func()) {
	t.Helper()
	allowed, err := os.ReadFile(allowedPath)
	if err != nil || !slices.Contains(strings.Fields(string(allowed)), algorithm) {
		t.Skipf("NOT TESTED: this system does not let a program choose %s (%q, %v)", algorithm, allowed, err)
	}
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: a network namespace needs root; run it with sudo")
	}
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			t.Errorf("come back home: %v", err)
			return // and the thread ends with its goroutine
		}
		runtime.UnlockOSThread()
	}()
	if out, err := exec.CommandContext(t.Context(), "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: ip is missing, or does not work: %v %s", err, out)
	}
	if err := os.WriteFile(ownPath, []byte("reno"), 0o644); err != nil {
		t.Fatal(err)
	}
	f()
}
