//go:build linux

package nettest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// limited runs tallow under a limit of ulimit, such as "-n 64".
func limited(t *testing.T, limit string, args ...string) *command {
	t.Helper()
	return start(t, nil, []string{"sh", "-c", "ulimit " + limit + ` && exec "$0" "$@"`}, args...)
}

// Nothing is left out for want of a file descriptor.
func TestFewDescriptors(t *testing.T) {
	from := filepath.Join(t.TempDir(), "sent")
	const levels, each = 30, 100
	in := from
	for level := range levels {
		in = filepath.Join(in, fmt.Sprintf("level-%d", level))
		if err := os.MkdirAll(in, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range each {
			write(t, filepath.Join(in, fmt.Sprintf("file-%d", i)), fmt.Sprintf("file %d of level %d", i, level))
		}
	}
	for _, limit := range []string{"-n 64", "-n 40"} {
		t.Run(limit, func(t *testing.T) {
			to := t.TempDir()
			x := exchange{sender: limited(t, limit, "send", from)}
			code := x.sender.first(t, "code").Code
			x.receiver = limited(t, limit, "receive", "--yes", "--output", to, code)
			x.receiver.exit(t, 0, scaleLimit)
			x.sender.exit(t, 0, waitTimeout)
			if files, _ := same(t, from, filepath.Join(to, "sent")); files != levels*each {
				t.Errorf("%d files are there, want %d", files, levels*each)
			}
			alone(t, to, "sent")
		})
	}
}
