//go:build linux

package nettest

import (
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The kinds of NAT, as nftables statements. Both let in only answers from addresses
// to which something was sent. In the terms of RFC 4787 the mapping of the first is
// endpoint-independent, as long as the port is free. That of the second is address-
// and port-dependent, so that an address learned by STUN cannot be used.
const (
	natKeepsPort = "masquerade"
	natSymmetric = "masquerade random,fully-random"
)

// network is two machines and what is between them.
type network struct {
	left, right *machine
	middle      *machine   // the machine of the relay
	relay       string     // the address of the middle
	routers     []*machine // of the left and the right machine; empty if they have none
}

// joinedByNAT makes the smallest network with NAT: the machine in the middle
// masquerades what it forwards, in both directions.
//
//	left 10.77.1.2 --- 10.77.1.1 middle 10.77.2.1 --- 10.77.2.2 right
func joinedByNAT(t *testing.T) network {
	t.Helper()
	n := network{left: newMachine(t, "left"), middle: newMachine(t, "middle"), right: newMachine(t, "right"), relay: "10.77.1.1"}
	cable(t, plug{n.left, "eth", "10.77.1.2/24"}, plug{n.middle, "left", "10.77.1.1/24"})
	cable(t, plug{n.right, "eth", "10.77.2.2/24"}, plug{n.middle, "right", "10.77.2.1/24"})
	n.left.ip(t, "route add default via 10.77.1.1")
	n.right.ip(t, "route add default via 10.77.2.1")
	n.middle.forward(t)
	n.middle.nft(t, `table ip nat {
	chain out {
		type nat hook postrouting priority srcnat
		oifname { "left", "right" } masquerade
	}
}
`)
	return n
}

// pull disconnects the right machine.
func (n network) pull(t *testing.T) {
	t.Helper()
	n.middle.ip(t, "link set right down")
}

// plugIn connects the right machine again, and waits until it reaches the relay.
func (n network) plugIn(t *testing.T, relay string) {
	t.Helper()
	n.middle.ip(t, "link set right up")
	deadline := time.NewTimer(waitTimeout)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := n.right.do(func() error {
			conn, err := net.DialTimeout("tcp", strings.TrimPrefix(relay, "ws://"), time.Second)
			if err != nil {
				return err
			}
			return conn.Close()
		})
		if err == nil {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("the network does not come back: %v", err)
		case <-tick.C:
		}
	}
}

// behindRouters makes a network of two homes. Each machine is behind a router of its
// own, which masquerades and lets in only answers. Neither machine can reach the
// address of the other.
//
//	left --- router === middle === router --- right
func behindRouters(t *testing.T, nat string) network {
	t.Helper()
	n := network{left: newMachine(t, "left"), middle: newMachine(t, "middle"), right: newMachine(t, "right"), relay: "198.51.100.1"}
	n.middle.forward(t)
	for _, home := range []struct {
		machine *machine
		port    string // of the middle
		public  string // prefix of the addresses between the middle and the router
		inside  string // prefix of the addresses behind the router
	}{
		{n.left, "left", "198.51.100", "10.1.1"},
		{n.right, "right", "203.0.113", "10.2.2"},
	} {
		router := newMachine(t, home.port+" router")
		n.routers = append(n.routers, router)
		cable(t, plug{router, "wan", home.public + ".2/24"}, plug{n.middle, home.port, home.public + ".1/24"})
		cable(t, plug{home.machine, "eth", home.inside + ".2/24"}, plug{router, "lan", home.inside + ".1/24"})
		home.machine.ip(t, "route add default via "+home.inside+".1")
		router.ip(t, "route add default via "+home.public+".1")
		router.forward(t)
		router.nft(t, `table ip nat {
	chain out {
		type nat hook postrouting priority srcnat
		oifname "wan" `+nat+`
	}
}
table inet filter {
	chain in {
		type filter hook input priority filter
		iifname "wan" ct state established,related accept
		iifname "wan" drop
	}
	chain through {
		type filter hook forward priority filter
		iifname "wan" ct state established,related accept
		iifname "wan" drop
	}
}
`)
	}
	return n
}

// dropUDP makes the middle drop all UDP, to it and through it.
func (n network) dropUDP(t *testing.T) {
	t.Helper()
	n.middle.nft(t, `table inet noudp {
	chain in {
		type filter hook input priority filter
		iifname != "lo" meta l4proto udp drop
	}
	chain through {
		type filter hook forward priority filter
		meta l4proto udp drop
	}
}
`)
}

// startRelay runs tallow relay in the middle and returns its URL. It names the scheme
// ws, because the address is public in some networks.
func (n network) startRelay(t *testing.T, flags ...string) string {
	t.Helper()
	return "ws://" + run(t, n.middle, append([]string{"relay", "--listen", n.relay + ":0"}, flags...)...).first(t, "listening").Addr
}

// exchange is a running transfer.
type exchange struct{ sender, receiver *command }

// send starts a transfer of path into the folder to. The flags are added on both
// sides.
func (n network) send(t *testing.T, path, to string, flags ...string) exchange {
	t.Helper()
	x := exchange{sender: run(t, n.left, append([]string{"send", path}, flags...)...)}
	code := x.sender.first(t, "code").Code
	x.receiver = run(t, n.right, append([]string{"receive", "--yes", "--output", to, code}, flags...)...)
	return x
}

// succeed waits until both peers succeed, and returns their last events.
func (x exchange) succeed(t *testing.T) (sent, received event) {
	t.Helper()
	x.receiver.exit(t, 0, waitTimeout)
	x.sender.exit(t, 0, waitTimeout)
	return x.sender.first(t, "done"), x.receiver.first(t, "done")
}

// carriedBy fails unless both peers report that one lane carried all bytes.
func (x exchange) carriedBy(t *testing.T, lane string, bytes int64) {
	t.Helper()
	sent, received := x.succeed(t)
	for name, done := range map[string]event{"send": sent, "receive": received} {
		if len(done.Lanes) != 1 || done.Lanes[lane] != bytes || done.Sent != bytes {
			t.Errorf("%s: %d bytes, by lane %v; want %d by %s", name, done.Sent, done.Lanes, bytes, lane)
		}
	}
	x.receiver.await(t, lane+" up", func(e event) bool { return e.Event == "lane" && e.Lane == lane && e.State == "up" })
}

// randomFile makes a file of random bytes.
func randomFile(t *testing.T, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "random.bin")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	seed := sha256.Sum256([]byte(t.Name()))
	if _, err := io.CopyN(f, rand.NewChaCha8(seed), size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
