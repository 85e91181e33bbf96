//go:build linux

package nettest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// maxMemory is how many bytes of memory each side and the relay may need at most,
// whatever is sent.
const maxMemory = 150 << 20

// realLimit is how long each of these transfers may take on a slow machine.
const realLimit = 4 * time.Minute

// Real input: the source tree of the Go toolchain, and files that are larger than the
// memory that the command may use. All arrive byte for byte.
func TestRealInput(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: it sends gigabytes, and -short was given")
	}
	const gigabyte = 1 << 30
	tests := []struct {
		name, lane string
		make       func(t *testing.T) string
		files      int64 // at least
	}{
		{"a source tree, relayed", "relay", goSource, 5000},
		{"a source tree, direct", "webrtc", goSource, 5000},
		{"a source tree, by tcp", "tcp", goSource, 5000},
		{"a gigabyte, by tcp", "tcp", func(t *testing.T) string { return randomFile(t, gigabyte) }, 1},
		{"a gigabyte, relayed", "relay", func(t *testing.T) string { return randomFile(t, gigabyte) }, 1},
		{"a quarter of it, direct", "webrtc", func(t *testing.T) string { return randomFile(t, gigabyte/4) }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, to := tt.make(t), t.TempDir()
			relay := run(t, nil, "relay", "--listen", "127.0.0.1:0")
			x := network{}.send(t, path, to, "--relay", relay.first(t, "listening").Addr, "--lanes", tt.lane)
			x.receiver.exit(t, 0, realLimit)
			x.sender.exit(t, 0, waitTimeout)
			done := x.receiver.first(t, "done")
			files, bytes := same(t, path, filepath.Join(to, filepath.Base(path)))
			if files < tt.files || done.Bytes != bytes || done.Lanes[tt.lane] != bytes {
				t.Errorf("%d files with %d bytes, want at least %d files; done says %+v", files, bytes, tt.files, done)
			}
			if err := relay.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			relay.exit(t, 0, waitTimeout)
			for _, side := range []*command{x.sender, x.receiver, relay} {
				t.Logf("%s: %d MiB of memory", side.name, side.peakMemory()>>20)
				if side.peakMemory() > maxMemory {
					t.Errorf("%s needed %d MiB, over %d", side.name, side.peakMemory()>>20, maxMemory>>20)
				}
			}
		})
	}
}

// goSource returns the source tree of the Go toolchain.
func goSource(t *testing.T) string {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	src, err := filepath.EvalSymlinks(filepath.Join(strings.TrimSpace(string(root)), "src"))
	if err != nil {
		t.Fatal(err)
	}
	return src
}
