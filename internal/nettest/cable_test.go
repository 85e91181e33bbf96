//go:build linux

package nettest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The cable is pulled in the middle of a transfer, for good: both sides end and
// say so, and nothing half-written bears the name of the file. When the network
// is back, a new code brings what is missing, and no more.
func TestPulledCable(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const (
		size    = 192 << 20
		pullAt  = 16 << 20         // received
		saved   = 8 << 20          // and on the disk, which may be a little behind
		goodbye = 30 * time.Second // until a silent connection counts as lost, and some
	)
	n, file, to := joinedByNAT(t), randomFile(t, size), t.TempDir()
	relay, final := n.startRelay(t), filepath.Join(to, filepath.Base(file))

	x := n.send(t, file, to, "--relay", relay)
	x.receiver.await(t, "progress", func(e event) bool { return e.Event == "progress" && e.Bytes >= pullAt })
	n.pull(t)
	pulled := time.Now()
	for _, side := range []*command{x.receiver, x.sender} {
		side.exit(t, 5, goodbye-time.Since(pulled))
		if failed := side.first(t, "error"); failed.Kind != "network" || failed.Hint == "" {
			t.Errorf("%s: kind %q, hint %q", side.name, failed.Kind, failed.Hint)
		}
	}
	if _, err := os.Lstat(final); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v, want it not to exist", final, err)
	}

	n.plugIn(t, relay)
	x = n.send(t, file, to, "--relay", relay)
	sent, received := x.succeed(t)
	for name, done := range map[string]event{"send": sent, "receive": received} {
		if done.Bytes != size || done.Sent == 0 || done.Sent > size-saved {
			t.Errorf("%s: %d of %d bytes were sent after %d had come before", name, done.Sent, done.Bytes, pullAt)
		}
	}
	same(t, file, final)
}
