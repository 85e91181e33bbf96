//go:build linux

package nettest

import (
	"path/filepath"
	"testing"
)

// counter is the name of the counter of countBytes.
const counter = "between"

// countBytes counts the bytes that the middle forwards from one home to the
// other.
func (n network) countBytes(t *testing.T) {
	t.Helper()
	n.middle.nft(t, `table inet count {
	counter `+counter+` {}
	chain through {
		type filter hook forward priority filter
		counter name `+counter+`
	}
}
`)
}

// forwarded returns how many bytes the middle has forwarded.
func (n network) forwarded(t *testing.T) (bytes int) {
	t.Helper()
	return n.middle.counted(t, "inet count "+counter)
}

// Peers behind symmetric NATs have a data channel through the relay's TURN server:
// by UDP, and by TCP where a network lets no UDP out.
func TestSymmetricNATByTURN(t *testing.T) {
	requireNetworks(t)
	for name, tcp := range map[string]bool{"udp": false, "tcp": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const size = 8<<20 + 123
			n, file, to := behindRouters(t, natSymmetric), randomFile(t, size), t.TempDir()
			flags := []string{"--turn"}
			if tcp {
				flags = append(flags, "--turn-tcp", n.relay+":0")
				n.dropUDP(t)
			}
			n.send(t, file, to, "--relay", n.startRelay(t, flags...), "--lanes", "webrtc").carriedBy(t, "webrtc", size)
			same(t, file, filepath.Join(to, filepath.Base(file)))
		})
	}
}

// Where both can carry, the relayed lane does: it is faster.
func TestRelayedLaneBeforeTURN(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const size = 64<<20 + 123
	n, file, to := behindRouters(t, natSymmetric), randomFile(t, size), t.TempDir()
	n.send(t, file, to, "--relay", n.startRelay(t, "--turn"), "--limit-rate", "10M").carriedBy(t, "relay", size)
	same(t, file, filepath.Join(to, filepath.Base(file)))
}

// A path through the TURN server is used only if there is no direct one.
func TestDirectBeforeTURN(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const size = 8<<20 + 123
	n, file, to := behindRouters(t, natKeepsPort), randomFile(t, size), t.TempDir()
	n.countBytes(t)
	n.send(t, file, to, "--relay", n.startRelay(t, "--turn"), "--lanes", "webrtc").carriedBy(t, "webrtc", size)
	if got := n.forwarded(t); got < size {
		t.Errorf("%d bytes went directly", got)
	}
}

// With --private on one side or on both, no packet goes from one home to the other,
// although a direct path exists.
func TestPrivate(t *testing.T) {
	requireNetworks(t)
	for _, tt := range []struct {
		name             string
		sender, receiver []string
		relay            []string
		lane             string
	}{
		{"both, TURN", []string{"--private", "--lanes", "webrtc"}, []string{"--private", "--lanes", "webrtc"}, []string{"--turn"}, "webrtc"},
		{"sender, TURN", []string{"--private", "--lanes", "webrtc"}, []string{"--lanes", "webrtc,tcp"}, []string{"--turn"}, "webrtc"},
		{"receiver, TURN", []string{"--lanes", "webrtc,tcp"}, []string{"--private", "--lanes", "webrtc"}, []string{"--turn"}, "webrtc"},
		{"sender, no TURN", []string{"--private"}, nil, nil, "relay"},
		{"receiver, no TURN", nil, []string{"--private"}, nil, "relay"},
		{"both, all lanes", []string{"--private"}, []string{"--private"}, []string{"--turn"}, "relay"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const size = 2<<20 + 123
			n, file, to := behindRouters(t, natKeepsPort), randomFile(t, size), t.TempDir()
			n.countBytes(t)
			relay := n.startRelay(t, tt.relay...)
			x := exchange{sender: run(t, n.left, append([]string{"send", file, "--relay", relay}, tt.sender...)...)}
			code := x.sender.first(t, "code").Code
			x.receiver = run(t, n.right, append([]string{"receive", "--yes", "--output", to, code, "--relay", relay}, tt.receiver...)...)
			x.carriedBy(t, tt.lane, size)
			same(t, file, filepath.Join(to, filepath.Base(file)))
			if got := n.forwarded(t); got != 0 {
				t.Errorf("%d bytes went from one home to the other", got)
			}
		})
	}
}
