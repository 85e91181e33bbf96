//go:build linux

package nettest

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// requireVariable is the environment variable that turns skipped tests into failures
// if it is "1".
const requireVariable = "TALLOW_TEST_REQUIRE_NET"

// requireNetworks skips a test if no networks can be made.
func requireNetworks(t *testing.T) {
	t.Helper()
	requireRoot(t)
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			skipOrFail(t, "%s is missing; install iproute2 and nftables", tool)
		}
	}
}

// requireRoot skips a test unless root runs it.
func requireRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		skipOrFail(t, "making networks and disks needs root; run it with sudo")
	}
}

// skipOrFail skips a test that this machine cannot run, or fails if requireVariable
// says so.
func skipOrFail(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv(requireVariable) == "1" {
		t.Fatalf("NOT TESTED: "+format, args...)
	}
	t.Skipf("NOT TESTED: "+format, args...)
}

// machine is a network namespace, which the network cannot tell from a machine. It
// exists as long as its file is open or a process runs on it. A nil machine is the
// one that the tests run on.
type machine struct {
	name string
	file *os.File
}

// newMachine makes a machine with only a loopback interface.
func newMachine(t *testing.T, name string) *machine {
	t.Helper()
	m := &machine{name: name}
	err := onOwnThread(func() error {
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			m.file, err = os.Open("/proc/thread-self/ns/net")
		}
		return err
	})
	if err != nil {
		t.Fatalf("cannot make a network namespace: %v", err)
	}
	t.Cleanup(func() { _ = m.file.Close() })
	m.ip(t, "link set lo up")
	return m
}

// do calls f on a thread in the machine's namespace. Processes that f starts are in it
// too.
func (m *machine) do(f func() error) error {
	if m == nil {
		return f()
	}
	return onOwnThread(func() error {
		if err := unix.Setns(int(m.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("go to %s: %w", m.name, err)
		}
		return f()
	})
}

// onOwnThread calls f on a thread that may enter another namespace, and brings the
// thread back. A thread must not end, because that sends the parent-death signal to
// every command that was started on it.
func onOwnThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		home, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			done <- err
			return
		}
		defer home.Close()
		err = f()
		if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
			done <- fmt.Errorf("come back home: %w", back)
			return // the thread cannot be used any more
		}
		runtime.UnlockOSThread()
		done <- err
	}()
	return <-done
}

// command runs a system program on the machine and returns its output.
func (m *machine) command(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var output []byte
	err := m.do(func() (err error) {
		output, err = cmd.CombinedOutput()
		return err
	})
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s%s", m.name, cmd, err, output, stdin)
	}
	return string(output)
}

// ip runs iproute2's ip with arguments separated by spaces.
func (m *machine) ip(t *testing.T, args string) {
	t.Helper()
	m.command(t, "", "ip", strings.Fields(args)...)
}

// nft adds an nftables ruleset.
func (m *machine) nft(t *testing.T, ruleset string) {
	t.Helper()
	m.command(t, ruleset, "nft", "-f", "-")
}

// counted returns the bytes that a counter of nftables has counted, which is called FAMILY
// TABLE NAME.
func (m *machine) counted(t *testing.T, counter string) (bytes int) {
	t.Helper()
	list := m.command(t, "", "nft", append([]string{"list", "counter"}, strings.Fields(counter)...)...)
	_, text, found := strings.Cut(list, "bytes ")
	if _, err := fmt.Sscan(text, &bytes); !found || err != nil {
		t.Fatalf("no counter: %q, %v", list, err)
	}
	return bytes
}

// forward makes the machine a router.
func (m *machine) forward(t *testing.T) {
	t.Helper()
	err := m.do(func() error { return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644) })
	if err != nil {
		t.Fatal(err)
	}
}

// plug is one end of a cable.
type plug struct {
	on      *machine
	port    string // the interface
	address string // ADDRESS/BITS
}

// cable connects two machines.
func cable(t *testing.T, a, b plug) {
	t.Helper()
	a.on.ip(t, fmt.Sprintf("link add %s type veth peer name %s netns /proc/%d/fd/%d", a.port, b.port, os.Getpid(), b.on.file.Fd()))
	for _, p := range []plug{a, b} {
		p.on.ip(t, fmt.Sprintf("address add %s dev %s", p.address, p.port))
		p.on.ip(t, fmt.Sprintf("link set %s up", p.port))
	}
}
