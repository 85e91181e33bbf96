//go:build !js

package tcp_test

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/tcp"
)

// newProof is the dialer's end of the exchange.
func newProof(key [handshake.TCPKeySize]byte, senderDials bool) *handshake.TCPProof {
	if senderDials {
		return handshake.NewTCPProof(key, handshake.SenderDials)
	}
	return handshake.NewTCPProof(key, handshake.ReceiverDials)
}

// wrongBit is a hello of which one bit of the proof is another.
func wrongBit(hello string) string {
	changed := []byte(hello)
	changed[len(changed)-1] ^= 1
	return string(changed)
}

// connectTo connects as anyone can.
func connectTo(t *testing.T, at netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(lanetest.Timeout)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// awaitDrop waits until a connection is closed, and returns what it was sent
// before.
func awaitDrop(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	told, err := io.ReadAll(conn)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		t.Fatal("the connection is not dropped")
	}
	return told
}

// peerConnects fails unless the real peer gets a lane, and soon.
func peerConnects(t *testing.T, at netip.AddrPort, dials, accepts *side) {
	t.Helper()
	began := time.Now()
	err := lanetest.Within(async(func() error { return tcp.Dial(t.Context(), []netip.AddrPort{at}, dials.Peer) }))
	if err != nil {
		t.Fatalf("the peer does not get a lane: %v", err)
	}
	a, b := dials.got(t), accepts.got(t)
	if err := lanetest.WriteAll(a, []int{1000}); err != nil {
		t.Error(err)
	}
	if err := lanetest.ReadAll(b, []int{1000}); err != nil {
		t.Error(err)
	}
	if d := time.Since(began); d > 3*time.Second {
		t.Errorf("the peer waited for %v", d)
	}
	if len(accepts.lanes) > 0 {
		t.Error("an unauthenticated connection became a lane")
	}
}

// An end that does not have the key is sent nothing and is dropped, whichever
// peer listens.
func TestUnauthenticatedConnectionsAreDropped(t *testing.T) {
	for _, listens := range []string{"sender", "receiver"} {
		key := [handshake.TCPKeySize]byte{1}
		accepts, dials := newSide(t, 1, listens == "sender"), newSide(t, 1, listens != "sender")
		at := accepts.listen(t)
		hello := func(key byte, senderDials bool) string {
			return string(newProof([handshake.TCPKeySize]byte{key}, senderDials).Hello())
		}
		for name, says := range map[string]string{
			"a browser":                      "GET / HTTP/1.1\r\nHost: here\r\nUser-Agent: a browser that sends more bytes than a hello has\r\n\r\n",
			"zeros":                          string(make([]byte, 64)),
			"another key":                    hello(2, listens != "sender"),
			"the listener's own hello, back": hello(1, listens == "sender"),
			"a hello with a wrong bit":       wrongBit(hello(1, listens != "sender")),
		} {
			t.Run(listens+"/"+name, func(t *testing.T) {
				conn := connectTo(t, at)
				if _, err := io.WriteString(conn, says); err != nil {
					t.Fatal(err)
				}
				if told := awaitDrop(t, conn); len(told) > 0 {
					t.Errorf("it was sent %x", told)
				}
			})
		}
		t.Run(listens+"/replayed hello", func(t *testing.T) {
			// A replayed hello gets an answer, which is useless: the next proof has
			// to be over the acceptor's nonce.
			proof := newProof(key, listens != "sender")
			conn := connectTo(t, at)
			if _, err := conn.Write(append(proof.Hello(), make([]byte, 36)...)); err != nil {
				t.Fatal(err)
			}
			if told := awaitDrop(t, conn); len(told) != 64 || proof.CheckAnswer(told) != nil {
				t.Errorf("it was sent %x", told)
			}
		})
		t.Run(listens+"/the peer", func(t *testing.T) { peerConnects(t, at, dials, accepts) })
	}
}

// Connections that send nothing, or a single byte, are dropped, and do not keep
// the peer out, however many there are.
func TestFloodOfConnections(t *testing.T) {
	accepts, dials := newSide(t, 1, true), newSide(t, 1, false)
	at := accepts.listen(t)
	var flood []net.Conn
	for n := range 200 {
		conn := connectTo(t, at)
		if n%2 == 0 {
			_, _ = conn.Write([]byte{1}) // it may be dropped by now
		}
		flood = append(flood, conn)
	}
	peerConnects(t, at, dials, accepts)
	began := time.Now()
	for _, conn := range flood {
		if told := awaitDrop(t, conn); len(told) > 0 {
			t.Errorf("it was sent %x", told)
		}
	}
	if d := time.Since(began); d > 8*time.Second {
		t.Errorf("the last of them stayed for %v", d)
	}
}

// Connections from one address cannot evict one from another address, even if
// that is slow to send its hello.
func TestOneAddressCannotEvictOthers(t *testing.T) {
	accepts := newSide(t, 1, false)
	at := accepts.listen(t)
	from := func(ip string) net.Conn {
		d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 0))}
		conn, err := d.DialContext(t.Context(), "tcp", at.String())
		if err != nil {
			t.Skipf("NOT TESTED: this machine has no second loopback address: %v", err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	proof := newProof(accepts.Key, true)
	slow := from("127.0.0.2")
	for range 100 {
		from("127.0.0.1")
	}
	if _, err := slow.Write(proof.Hello()); err != nil {
		t.Fatal(err)
	}
	_ = slow.SetDeadline(time.Now().Add(lanetest.Timeout))
	answer := make([]byte, 64)
	if _, err := io.ReadFull(slow, answer); err != nil || proof.CheckAnswer(answer) != nil {
		t.Fatalf("no answer: %v", err)
	}
	if _, err := slow.Write(proof.Lane(7)); err != nil {
		t.Fatal(err)
	}
	if l := accepts.got(t); l.id != 7 {
		t.Errorf("lane %d", l.id)
	}
}

// An end that sends a valid hello and then nothing is dropped as well.
func TestSilenceAfterTheAnswer(t *testing.T) {
	accepts := newSide(t, 1, true)
	conn := connectTo(t, accepts.listen(t))
	if _, err := conn.Write(newProof(accepts.Key, false).Hello()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if told := awaitDrop(t, conn); len(told) != 64 {
		t.Errorf("it was sent %x", told)
	}
	if d := time.Since(began); d > 8*time.Second {
		t.Errorf("it stayed for %v", d)
	}
	if len(accepts.lanes) > 0 {
		t.Error("it got a lane")
	}
}
