//go:build unix

package disk_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const hasInodes = true

// special makes files in top that cannot be sent. It returns words of the reason
// for each path.
func special(t *testing.T, top string) map[string]string {
	t.Helper()
	found := map[string]string{"pipe": "named pipe", "socket": "socket", "odd\uFFFD": "UTF-8"}
	must(t, unix.Mkfifo(filepath.Join(top, "pipe"), 0o600))
	t.Chdir(top) // the address of a socket is short
	l, err := net.Listen("unix", "socket")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	if os.WriteFile(filepath.Join(top, "odd\xff"), nil, 0o600) != nil { // macOS does not take it
		delete(found, "odd\uFFFD")
	}
	if unix.Mknod(filepath.Join(top, "device"), unix.S_IFCHR|0o600, 0x103) == nil { // as root
		found["device"] = "device"
	}
	return found
}

// pipeSwap replaces a file by a named pipe that nobody writes to.
func pipeSwap() map[string]func(t *testing.T, top, outside string) {
	return map[string]func(t *testing.T, top, outside string){
		"file by a pipe": func(t *testing.T, top, _ string) {
			p := filepath.Join(top, "sub", "a")
			must(t, os.Remove(p))
			must(t, unix.Mkfifo(p, 0o600))
		},
	}
}

// specialFiles make things that are not regular files.
func specialFiles() map[string]func(t *testing.T, p string) {
	return map[string]func(t *testing.T, p string){
		"pipe": func(t *testing.T, p string) { must(t, unix.Mkfifo(p, 0o600)) },
	}
}

// asUser reports whether the test runs as a user for whom permissions count. As
// root it runs the test again as nobody, in another process, and returns false.
func asUser(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return true
	}
	exe, err := os.Executable()
	must(t, err)
	dir, err := os.MkdirTemp("", "tallow-test-")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	binary := filepath.Join(dir, "test")
	must(t, os.WriteFile(binary, []byte(read(t, exe)), 0o755))
	must(t, os.Chmod(dir, 0o777))
	c := exec.CommandContext(t.Context(), binary, "-test.run=^"+t.Name()+"$", "-test.v")
	c.Dir = dir
	c.Env = append(os.Environ(), "TMPDIR="+dir)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	return false
}
