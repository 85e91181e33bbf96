//go:build linux

package nettest

import (
	"path/filepath"
	"testing"
)

// If UDP gets through, the data channel connects and carries everything. (It is the
// only lane that is allowed, so that the test does not depend on how soon it is up.)
func TestDataChannelThroughNAT(t *testing.T) {
	requireNetworks(t)
	for name, build := range map[string]func(*testing.T) network{
		"one in the middle": joinedByNAT,
		"one at each home":  func(t *testing.T) network { return behindRouters(t, natKeepsPort) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const size = 8<<20 + 123
			n, file, to := build(t), randomFile(t, size), t.TempDir()
			n.send(t, file, to, "--relay", n.startRelay(t), "--lanes", "webrtc").carriedBy(t, "webrtc", size)
			same(t, file, filepath.Join(to, filepath.Base(file)))
		})
	}
}

// If no UDP gets through, the relay carries everything.
func TestRelayedWithoutUDP(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const size = 8<<20 + 123
	n, file, to := behindRouters(t, natKeepsPort), randomFile(t, size), t.TempDir()
	n.dropUDP(t)
	n.send(t, file, to, "--relay", n.startRelay(t)).carriedBy(t, "relay", size)
	same(t, file, filepath.Join(to, filepath.Base(file)))
}

// If both peers are behind symmetric NATs, no data channel can connect. The files
// arrive nevertheless.
func TestSymmetricNAT(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const size = 8<<20 + 123
	n, file, to := behindRouters(t, natSymmetric), randomFile(t, size), t.TempDir()
	n.send(t, file, to, "--relay", n.startRelay(t)).carriedBy(t, "relay", size)
	same(t, file, filepath.Join(to, filepath.Base(file)))
}

// If one peer does not allow direct lanes, none is used.
func TestOnlyTheRelayedLane(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const size = 1 << 20
	n, file, to := joinedByNAT(t), randomFile(t, size), t.TempDir()
	n.send(t, file, to, "--relay", n.startRelay(t), "--lanes", "relay").carriedBy(t, "relay", size)
	same(t, file, filepath.Join(to, filepath.Base(file)))
}
