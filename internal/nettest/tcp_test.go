//go:build linux

package nettest

import (
	"path/filepath"
	"testing"
	"time"
)

// closeTo makes the middle drop TCP connections that are opened to a machine.
func (n network) closeTo(t *testing.T, port string) {
	t.Helper()
	n.middle.nft(t, `table inet oneway {
	chain through {
		type filter hook forward priority filter
		oifname "`+port+`" meta l4proto tcp ct state new drop
	}
}
`)
}

// It is enough if one side can reach the other, whichever it is.
func TestTCPOneWay(t *testing.T) {
	requireNetworks(t)
	for _, closed := range []string{"left", "right"} {
		t.Run("not to the "+closed, func(t *testing.T) {
			t.Parallel()
			const size = 8<<20 + 123
			n, file, to := joinedByNAT(t), randomFile(t, size), t.TempDir()
			n.closeTo(t, closed)
			n.send(t, file, to, "--relay", n.startRelay(t), "--lanes", "tcp").carriedBy(t, "tcp", size)
			same(t, file, filepath.Join(to, filepath.Base(file)))
		})
	}
}

// If TCP gets through and UDP does not, nothing goes through the relay.
func TestTCPWithoutUDP(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const size = 8<<20 + 123
	n, file, to := joinedByNAT(t), randomFile(t, size), t.TempDir()
	n.dropUDP(t)
	n.send(t, file, to, "--relay", n.startRelay(t)).carriedBy(t, "tcp", size)
	same(t, file, filepath.Join(to, filepath.Base(file)))
}

// If neither side can reach the other and no other lane is allowed, both say so, and
// do not take minutes for it.
func TestTCPWithoutAPath(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const limit = 20 * time.Second
	n, file := behindRouters(t, natKeepsPort), randomFile(t, 1<<20)
	x := n.send(t, file, t.TempDir(), "--relay", n.startRelay(t), "--lanes", "tcp")
	x.receiver.first(t, "peer")
	for _, side := range []*command{x.sender, x.receiver} {
		side.exit(t, 5, limit)
		if failed := side.first(t, "error"); failed.Kind != "network" || failed.Hint == "" {
			t.Errorf("%s: kind %q, hint %q", side.name, failed.Kind, failed.Hint)
		}
	}
}
