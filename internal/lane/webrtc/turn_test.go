//go:build !js

package webrtc_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/turnserver"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// turnPublic is the public address of the test's TURN server. No machine has it.
const turnPublic = "203.0.113.7"

// startTURN runs a TURN server on this machine, of which the credential lives for some
// time, and allocations unless they are refreshed.
func startTURN(t *testing.T, transport wire.TURNTransport, credential, allocation time.Duration) webrtc.ICEServer {
	t.Helper()
	packets, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := turnserver.Config{
		Secret: "secret", Packets: packets, Public: []netip.Addr{netip.MustParseAddr(turnPublic)},
		Bind: netip.MustParseAddr("127.0.0.1"), AllocationLife: allocation,
		Binding: func([]byte, netip.AddrPort) []byte { return nil },
		Allow:   func(netip.Addr) bool { return true },
	}
	s := webrtc.ICEServer{Transport: transport, Address: packets.LocalAddr().String()}
	if transport == wire.TURNTCP {
		if c.Listener, err = net.Listen("tcp4", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		s.Address = c.Listener.Addr().String()
	}
	s.Username, s.Password = turnserver.NewCredential(c.Secret, "room", time.Now().Add(credential))
	server, err := turnserver.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// connectPrivate connects two ends that tell each other no address. All their
// signals go through check.
func connectPrivate(t *testing.T, server webrtc.ICEServer, check func(wire.SignalKind, string)) (a, b *webrtc.Conn) {
	t.Helper()
	boxes := [2]mailbox{newMailbox(), newMailbox()}
	var results [2]<-chan dialed
	for i := range results {
		results[i] = dial(t.Context(), webrtc.Options{
			Configuration: webrtc.Configuration{Servers: []webrtc.ICEServer{server}, RelayOnly: true},
			Offer:         i == 0, Signals: boxes[i],
			Send: func(ctx context.Context, kind wire.SignalKind, body string) error {
				check(kind, body)
				return boxes[1-i].send(ctx, kind, body)
			},
		})
	}
	var ends [2]*webrtc.Conn
	for i, result := range results {
		d := <-result
		if d.err != nil {
			t.Fatal(d.err)
		}
		t.Cleanup(func() { _ = d.carrier.Close() })
		ends[i] = d.carrier
	}
	return ends[0], ends[1]
}

// A lane goes through a TURN server by UDP and by TCP, what is beside it as well, and
// no signal tells an address of this machine.
func TestTURN(t *testing.T) {
	for name, transport := range map[string]wire.TURNTransport{"UDP": wire.TURNUDP, "TCP": wire.TURNTCP} {
		t.Run(name, func(t *testing.T) {
			x, y := connectPrivate(t, startTURN(t, transport, time.Hour, 0), func(kind wire.SignalKind, body string) {
				for _, own := range ownAddresses(t) {
					if strings.Contains(body, own) {
						t.Errorf("a signal of kind %d tells %s: %s", kind, own, body)
					}
				}
				if strings.Contains(body, ".local") {
					t.Errorf("a signal tells a name: %s", body)
				}
				if kind == wire.SignalCandidate && (!strings.Contains(body, turnPublic) || !strings.Contains(body, "raddr 0.0.0.0 rport 0")) {
					t.Errorf("candidate %s", body)
				}
			})
			if !x.Relayed() || !y.Relayed() || x.Traits().Direct {
				t.Error("the path is said to be direct")
			}
			beside, accepted := dialLonghaul(t, x, y, 100)
			if beside.Traits().Direct {
				t.Error("a long-haul connection is said to be direct")
			}
			done := make(chan error, 4)
			go func() { done <- lanetest.WriteAll(beside, lanetest.Sizes()) }()
			go func() { done <- lanetest.ReadAll(accepted, lanetest.Sizes()) }()
			go func() { done <- lanetest.WriteAll(x, lanetest.Sizes()) }()
			go func() { done <- lanetest.ReadAll(y, lanetest.Sizes()) }()
			for range cap(done) {
				if err := lanetest.Within(done); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A lane goes on when the credential has expired, and its allocations had to be
// refreshed since.
func TestTURNAfterTheCredential(t *testing.T) {
	t.Parallel()
	const credential, allocation = 5 * time.Second, 4 * time.Second
	server := startTURN(t, wire.TURNUDP, credential, allocation)
	end := time.Now().Add(credential + 3*allocation)
	x, y := connectPrivate(t, server, func(wire.SignalKind, string) {})
	for again := true; again; {
		again = time.Now().Before(end)
		done := make(chan error, 4)
		go func() { done <- lanetest.WriteAll(x, lanetest.Sizes()) }()
		go func() { done <- lanetest.ReadAll(y, lanetest.Sizes()) }()
		go func() { done <- lanetest.WriteAll(y, lanetest.Sizes()) }()
		go func() { done <- lanetest.ReadAll(x, lanetest.Sizes()) }()
		for range cap(done) {
			if err := lanetest.Within(done); err != nil {
				t.Fatalf("%v before the end of the test: %v", time.Until(end), err)
			}
		}
	}
}

// ownAddresses returns the addresses of this machine but those that every machine has.
func ownAddresses(t *testing.T) (all []string) {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.String() != "::1" {
			all = append(all, n.IP.String())
		}
	}
	return all
}
