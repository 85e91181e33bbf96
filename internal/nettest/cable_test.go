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

const (
	cableSize = 192 << 20 // bytes; enough to take a while
	pullAt    = 16 << 20  // bytes that are received when the cable is pulled
	saved     = 8 << 20   // bytes of these that are on the disk, which may lag behind
	gentle    = "30M"     // bytes per second: so less than pullAt is ever in flight
)

// pullInTheMiddle starts a transfer and pulls the cable after pullAt bytes.
func (n network) pullInTheMiddle(t *testing.T, file, to string, flags ...string) exchange {
	t.Helper()
	x := n.send(t, file, to, flags...)
	x.receiver.await(t, "progress", func(e event) bool { return e.Event == "progress" && e.Bytes >= pullAt })
	n.pull(t)
	return x
}

// The cable is pulled in the middle of a transfer, and not put back. Both peers end
// and say why, and no partial file has the final name. Once the network is back, a
// transfer with a new code sends only what is missing.
func TestPulledCable(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const goodbye = 30 * time.Second // until a silent connection counts as lost, and some
	n, file, to := joinedByNAT(t), randomFile(t, cableSize), t.TempDir()
	relay, final := n.startRelay(t), filepath.Join(to, filepath.Base(file))

	x := n.pullInTheMiddle(t, file, to, "--relay", relay, "--wait", "1s")
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
		if done.Bytes != cableSize || done.Sent == 0 || done.Sent > cableSize-saved {
			t.Errorf("%s: %d of %d bytes were sent after %d had come before", name, done.Sent, done.Bytes, pullAt)
		}
	}
	same(t, file, final)
}

// The cable is put back while both peers wait. The transfer continues by itself, and
// what has arrived is not sent again.
func TestCablePutBack(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	n, file, to := joinedByNAT(t), randomFile(t, cableSize), t.TempDir()
	relay := n.startRelay(t)

	x := n.pullInTheMiddle(t, file, to, "--relay", relay, "--limit-rate", gentle)
	for _, side := range []*command{x.receiver, x.sender} {
		side.await(t, "lane down", func(e event) bool { return e.Event == "lane" && e.State == "down" })
	}
	n.plugIn(t, relay)
	sent, received := x.succeed(t)
	for name, done := range map[string]event{"send": sent, "receive": received} {
		if done.Bytes != cableSize || done.Sent >= cableSize+pullAt {
			t.Errorf("%s: %d bytes were sent for a file of %d", name, done.Sent, done.Bytes)
		}
	}
	same(t, file, filepath.Join(to, filepath.Base(file)))
}
