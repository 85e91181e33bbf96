package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Who runs the tools of a link case. Linux gives the congestion control BBR to
// root, and to others only if the machine allows it to everybody.
const (
	asRoot = "root"
	asUser = "user"
)

// ordinaryID is the user and group of asUser: nobody's.
const ordinaryID = 65534

// asOrdinary puts a command into the words that run it as an ordinary user, without
// any capability. The process still ends with this one.
func asOrdinary(path string, args []string) (string, []string) {
	id := strconv.Itoa(ordinaryID)
	return "setpriv", append([]string{
		"--reuid", id, "--regid", id, "--clear-groups", "--no-new-privs", "--inh-caps", "-all", "--bounding-set", "-all",
		"--pdeathsig", "keep", "--", path,
	}, args...)
}

// root returns the host with programs that run as root.
func (h host) root() host {
	h.ordinary = false
	return h
}

// prepareOrdinary makes what the tools need accessible to the ordinary user. The
// error says why it cannot be done.
func (l *lab) prepareOrdinary(ctx context.Context) error {
	if _, err := exec.LookPath("setpriv"); err != nil {
		return unavailable("an ordinary user needs setpriv, of util-linux")
	}
	if err := os.Chmod(l.work, 0o711); err != nil {
		return err
	}
	// Where this program is may be a folder of root's alone.
	if self := filepath.Join(l.work, "bench"); l.self != self {
		if err := copyFile(self, l.self, 0o755); err != nil {
			return err
		}
		l.self = self
	}
	path, args := asOrdinary(l.tallow, []string{"version"})
	if said, err := exec.CommandContext(ctx, path, args...).CombinedOutput(); err != nil {
		return unavailable(fmt.Sprintf("an ordinary user cannot run %s (%s); have it, and the folder of --dir, where everybody may look", l.tallow, oneLine(string(said))))
	}
	return nil
}

func copyFile(to, from string, mode os.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if closed := out.Close(); err == nil {
		err = closed
	}
	return err
}

// allowedFile contains the congestion controls that everybody may use, on the whole
// machine.
const allowedFile = "/proc/sys/net/ipv4/tcp_allowed_congestion_control"

// withoutBBR takes BBR from everybody but root, and allows CUBIC, by a file as
// allowedFile. The function that it returns puts back what was there.
func withoutBBR(file string) (restore func() error, err error) {
	before, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(strings.Fields(string(before)), func(name string) bool { return strings.HasPrefix(name, "bbr") })
	if !slices.Contains(names, "cubic") {
		names = append(names, "cubic")
	}
	after := strings.Join(names, " ")
	if after == strings.TrimSpace(string(before)) {
		return func() error { return nil }, nil
	}
	if err := os.WriteFile(file, []byte(after), 0o644); err != nil {
		return nil, err
	}
	return func() error { return os.WriteFile(file, before, 0o644) }, nil
}
