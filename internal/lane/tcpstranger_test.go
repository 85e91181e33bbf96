package lane_test

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
)

// knock connects as anybody can.
func knock(t *testing.T, at netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// dropped waits until a connection is ended, and returns what it was told before.
func dropped(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	told, err := io.ReadAll(conn)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		t.Fatal("a stranger is not dropped")
	}
	return told
}

// getsIn fails unless the real peer gets a lane, and soon.
func getsIn(t *testing.T, at netip.AddrPort, dials, accepts *tcpSide) {
	t.Helper()
	began := time.Now()
	err := within(async(func() error { return lane.DialTCP(t.Context(), []netip.AddrPort{at}, dials.TCPPeer) }))
	if err != nil {
		t.Fatalf("the peer does not get in: %v", err)
	}
	a, b := dials.got(t), accepts.got(t)
	if err := writeAll(a, []int{1000}); err != nil {
		t.Error(err)
	}
	if err := readAll(b, []int{1000}); err != nil {
		t.Error(err)
	}
	if d := time.Since(began); d > 3*time.Second {
		t.Errorf("the peer waited for %v", d)
	}
	if len(accepts.lanes) > 0 {
		t.Error("there is a lane that nobody proved")
	}
}

// Whoever does not have the key is told nothing, gets nothing, and is dropped,
// whichever side listens.
func TestStrangersAreDropped(t *testing.T) {
	for _, listens := range []string{"sender", "receiver"} {
		key := [lane.TCPKeySize]byte{1}
		accepts, dials := newTCPSide(t, 1, listens == "sender"), newTCPSide(t, 1, listens != "sender")
		at := accepts.listen(t)
		hello := func(key byte, senderDials bool) string {
			return string(lane.NewTCPProof([lane.TCPKeySize]byte{key}, senderDials, counting(1), [32]byte{}).Hello())
		}
		for name, says := range map[string]string{
			"a browser":                       "GET / HTTP/1.1\r\nHost: here\r\nUser-Agent: a browser of our days, which says more than a hello\r\n\r\n",
			"zeros":                           string(make([]byte, 64)),
			"another key":                     hello(2, listens != "sender"),
			"the listener's own hello, back":  hello(1, listens == "sender"),
			"a hello of which a bit is wrong": hello(1, listens != "sender")[:63] + "x",
		} {
			t.Run(listens+"/"+name, func(t *testing.T) {
				conn := knock(t, at)
				if _, err := io.WriteString(conn, says); err != nil {
					t.Fatal(err)
				}
				if told := dropped(t, conn); len(told) > 0 {
					t.Errorf("it was told %x", told)
				}
			})
		}
		t.Run(listens+"/replayed hello", func(t *testing.T) {
			// Who saw a hello can say it again, and gets an answer to it that is of
			// no use: what has to follow is over the acceptor's nonce.
			proof := lane.NewTCPProof(key, listens != "sender", counting(1), [32]byte{})
			conn := knock(t, at)
			if _, err := conn.Write(append(proof.Hello(), make([]byte, 36)...)); err != nil {
				t.Fatal(err)
			}
			if told := dropped(t, conn); len(told) != 64 || !proof.TakeAnswer(told) {
				t.Errorf("it was told %x", told)
			}
		})
		t.Run(listens+"/the peer", func(t *testing.T) { getsIn(t, at, dials, accepts) })
	}
}

// Connections that say nothing, or a byte now and then, do not stay, and do not
// keep the peer out, however many there are.
func TestFloodOfConnections(t *testing.T) {
	accepts, dials := newTCPSide(t, 1, true), newTCPSide(t, 1, false)
	at := accepts.listen(t)
	var flood []net.Conn
	for n := range 200 {
		conn := knock(t, at)
		if n%2 == 0 {
			_, _ = conn.Write([]byte{1}) // it may be dropped by now
		}
		flood = append(flood, conn)
	}
	getsIn(t, at, dials, accepts)
	began := time.Now()
	for _, conn := range flood {
		if told := dropped(t, conn); len(told) > 0 {
			t.Errorf("it was told %x", told)
		}
	}
	if d := time.Since(began); d > 8*time.Second {
		t.Errorf("the last of them stayed for %v", d)
	}
}

// One address that holds all the places cannot keep another one out, not even
// for a peer that is slow to say its hello.
func TestOneAddressCannotTakeAllPlaces(t *testing.T) {
	accepts := newTCPSide(t, 1, false)
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
	proof := lane.NewTCPProof(accepts.Key, true, counting(5), [32]byte{})
	slow := from("127.0.0.2")
	for range 100 {
		from("127.0.0.1")
	}
	if _, err := slow.Write(proof.Hello()); err != nil {
		t.Fatal(err)
	}
	_ = slow.SetDeadline(time.Now().Add(patience))
	answer := make([]byte, 64)
	if _, err := io.ReadFull(slow, answer); err != nil || !proof.TakeAnswer(answer) {
		t.Fatalf("no answer: %v", err)
	}
	if _, err := slow.Write(proof.Lane(7)); err != nil {
		t.Fatal(err)
	}
	if l := accepts.got(t); l.id != 7 {
		t.Errorf("lane %d", l.id)
	}
}

// A peer that proves itself and then says nothing is dropped in time as well.
func TestSilenceAfterTheAnswer(t *testing.T) {
	accepts := newTCPSide(t, 1, true)
	conn := knock(t, accepts.listen(t))
	if _, err := conn.Write(lane.NewTCPProof(accepts.Key, false, counting(1), [32]byte{}).Hello()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if told := dropped(t, conn); len(told) != 64 {
		t.Errorf("it was told %x", told)
	}
	if d := time.Since(began); d > 8*time.Second {
		t.Errorf("it stayed for %v", d)
	}
	if len(accepts.lanes) > 0 {
		t.Error("it got a lane")
	}
}
