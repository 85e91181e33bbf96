//go:build linux

package nettest

import (
	"path/filepath"
	"testing"
)

// move is a change of a machine's address.
type move struct {
	on       *machine
	port     string
	from, to string // ADDRESS/BITS
	gateway  string // empty: the network has none
}

func (m move) do(t *testing.T) {
	t.Helper()
	m.on.ip(t, "address del "+m.from+" dev "+m.port)
	m.on.ip(t, "address add "+m.to+" dev "+m.port)
	if m.gateway != "" { // the route went with the address
		m.on.ip(t, "route add default via "+m.gateway)
	}
}

// A machine changes its address in the middle of a transfer, as when it moves from
// one Wi-Fi to another. The peers reconnect by themselves and continue, and what has
// arrived is not sent again.
func TestAddressChange(t *testing.T) {
	requireNetworks(t)
	oneLAN := func(t *testing.T) network {
		n := network{left: newMachine(t, "left"), right: newMachine(t, "right")}
		cable(t, plug{n.left, "eth", "10.77.0.1/24"}, plug{n.right, "eth", "10.77.0.2/24"})
		return n
	}
	tests := []struct {
		name  string
		build func(*testing.T) network
		move  func(network) move
	}{
		{"the receiver's, with a relay", joinedByNAT, func(n network) move {
			return move{n.right, "eth", "10.77.2.2/24", "10.77.2.77/24", "10.77.2.1"}
		}},
		{"the sender's, with a relay", joinedByNAT, func(n network) move {
			return move{n.left, "eth", "10.77.1.2/24", "10.77.1.77/24", "10.77.1.1"}
		}},
		{"the receiver's, without a relay", oneLAN, func(n network) move {
			return move{n.right, "eth", "10.77.0.2/24", "10.77.0.77/24", ""}
		}},
		{"the sender's, without a relay", oneLAN, func(n network) move {
			return move{n.left, "eth", "10.77.0.1/24", "10.77.0.77/24", ""}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, file, to := tt.build(t), randomFile(t, cableSize), t.TempDir()
			flags := []string{"--limit-rate", gentle}
			if n.middle != nil {
				flags = append(flags, "--relay", n.startRelay(t))
			}
			x := n.send(t, file, to, flags...)
			x.receiver.await(t, "progress", func(e event) bool { return e.Event == "progress" && e.Bytes >= pullAt })
			tt.move(n).do(t)
			sent, received := x.succeed(t)
			for name, done := range map[string]event{"send": sent, "receive": received} {
				if done.Bytes != cableSize || done.Sent >= cableSize+pullAt {
					t.Errorf("%s: %d bytes were sent for a file of %d", name, done.Sent, done.Bytes)
				}
			}
			// New lanes of a kind may be up before the old ones are known to be dead.
			if sent.Sent == cableSize && x.sender.count("lane") == 1 && x.receiver.count("lane") == 1 {
				t.Error("nothing shows that the address was missed: the transfer was over before")
			}
			if codes := x.sender.count("code"); codes != 1 {
				t.Errorf("%d codes were needed", codes)
			}
			same(t, file, filepath.Join(to, filepath.Base(file)))
		})
	}
}
