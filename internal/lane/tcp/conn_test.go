//go:build !js

package tcp_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/tcp"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// side is one of the two peers. It takes any number of connections and numbers
// them from 1.
type side struct {
	tcp.Peer
	lanes chan numberedConn // that became lanes

	mu      sync.Mutex
	numbers uint32
	wanted  uint32 // the sender refuses more
}

type numberedConn struct {
	id uint32
	*tcp.Conn
}

func newSide(t *testing.T, key byte, sends bool) *side {
	t.Helper()
	s := &side{lanes: make(chan numberedConn, 100), wanted: 100}
	s.Peer = tcp.Peer{
		Key: [handshake.TCPKeySize]byte{key}, Sends: sends,
		Number: func(*tcp.Conn) (uint32, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.numbers++
			return s.numbers, s.numbers <= s.wanted
		},
		Attach: func(id uint32, c *tcp.Conn) { s.lanes <- numberedConn{id, c} },
	}
	t.Cleanup(func() {
		for len(s.lanes) > 0 {
			_ = (<-s.lanes).Close()
		}
	})
	return s
}

// listen makes the side accept connections, and returns its address.
func (s *side) listen(t *testing.T) netip.AddrPort {
	t.Helper()
	listener, err := tcp.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		tcp.Serve(ctx, listener, func() tcp.Peer { return s.Peer })
		served <- nil
	}()
	t.Cleanup(func() {
		cancel()
		if err := lanetest.Within(served); err != nil {
			t.Error(err)
		}
	})
	port := listener.Addr().(*net.TCPAddr).Port
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

// got waits for the side's next lane.
func (s *side) got(t *testing.T) numberedConn {
	t.Helper()
	timer := time.NewTimer(lanetest.Timeout)
	defer timer.Stop()
	select {
	case l := <-s.lanes:
		t.Cleanup(func() { _ = l.Close() })
		return l
	case <-timer.C:
		t.Fatal("no lane")
		return numberedConn{}
	}
}

func connect(t *testing.T) (a, b lane.Carrier) {
	t.Helper()
	sender, receiver := newSide(t, 1, true), newSide(t, 1, false)
	at := receiver.listen(t)
	if err := tcp.Dial(t.Context(), []netip.AddrPort{at}, sender.Peer); err != nil {
		t.Fatal(err)
	}
	x, y := sender.got(t), receiver.got(t)
	if x.id != 1 || y.id != 1 {
		t.Fatalf("lane %d at the sender, %d at the receiver", x.id, y.id)
	}
	return x.Conn, y.Conn
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCarrier(t *testing.T) {
	lanetest.Run(t, connect)
}

// Either peer may dial; the sender numbers the lanes all the same.
func TestReceiverDials(t *testing.T) {
	sender, receiver := newSide(t, 1, true), newSide(t, 1, false)
	at := sender.listen(t)
	for want := uint32(1); want <= 3; want++ {
		if err := tcp.Dial(t.Context(), []netip.AddrPort{at}, receiver.Peer); err != nil {
			t.Fatal(err)
		}
		a, b := sender.got(t), receiver.got(t)
		if a.id != want || b.id != want {
			t.Errorf("lane %d at the sender, %d at the receiver, want %d", a.id, b.id, want)
		}
		if b.Remote() != at || a.Path() != (tcp.Path{Local: at.Addr(), Remote: at.Addr()}) {
			t.Errorf("it runs from %v to %v", a.Path(), b.Remote())
		}
		if err := lanetest.WriteAll(a, []int{100}); err != nil {
			t.Error(err)
		}
		if err := lanetest.ReadAll(b, []int{100}); err != nil {
			t.Error(err)
		}
	}
}

// A connection that the sender refuses ends at once, on both sides.
func TestRefusedConnections(t *testing.T) {
	for _, senderDials := range []bool{true, false} {
		sender, receiver := newSide(t, 1, true), newSide(t, 1, false)
		sender.wanted = 0
		dials, accepts := sender, receiver
		if !senderDials {
			dials, accepts = receiver, sender
		}
		if err := tcp.Dial(t.Context(), []netip.AddrPort{accepts.listen(t)}, dials.Peer); err == nil {
			t.Error("it became a lane")
		}
		if len(sender.lanes)+len(receiver.lanes) > 0 {
			t.Error("a side has a lane")
		}
	}
}

// One address that leads to the peer is enough. It is not delayed by others that
// do not answer or that belong to someone else.
func TestRaceOfAddresses(t *testing.T) {
	sender, receiver, other := newSide(t, 1, true), newSide(t, 1, false), newSide(t, 2, false)
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	addresses := []netip.AddrPort{
		silent.Addr().(*net.TCPAddr).AddrPort(), // connects and stays silent
		netip.MustParseAddrPort("127.0.0.1:1"),  // refuses
		other.listen(t), receiver.listen(t),
	}
	if err := lanetest.Within(async(func() error { return tcp.Dial(t.Context(), addresses, sender.Peer) })); err != nil {
		t.Fatal(err)
	}
	a, b := sender.got(t), receiver.got(t)
	if err := lanetest.WriteAll(b, []int{1}); err != nil {
		t.Error(err)
	}
	if err := lanetest.ReadAll(a, []int{1}); err != nil {
		t.Error(err)
	}
	if len(other.lanes) > 0 {
		t.Error("someone else got a lane")
	}
	if err := tcp.Dial(t.Context(), addresses[1:3], sender.Peer); err == nil {
		t.Error("a lane without the peer")
	}
	if err := tcp.Dial(t.Context(), nil, sender.Peer); err == nil {
		t.Error("a lane without an address")
	}
}

func async(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// A dial ends with its context, even during the exchange of proofs.
func TestDialEndsWithItsContext(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	dialled := async(func() error {
		return tcp.Dial(ctx, []netip.AddrPort{silent.Addr().(*net.TCPAddr).AddrPort()}, newSide(t, 1, true).Peer)
	})
	conn, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := lanetest.Within(dialled); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// rawConn is a carrier and the bare connection at its other end.
func rawConn(t testing.TB) (*tcp.Conn, net.Conn) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	other, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := tcp.NewConn(other)
	t.Cleanup(func() { _ = c.Close() })
	return c, conn
}

// Exactly these bytes go over a connection.
func TestFraming(t *testing.T) {
	c, raw := rawConn(t)
	if err := c.WriteRecord([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(raw, got); err != nil || string(got) != "\x00\x00\x00\x03abc" {
		t.Errorf("%q, %v", got, err)
	}
	for name, rec := range map[string][]byte{"empty": {}, "too long": make([]byte, wire.MaxRecord+1)} {
		if err := c.WriteRecord(rec); err == nil {
			t.Errorf("a record that is %s was written", name)
		}
	}
}

// A malformed frame ends the lane, and so does an end inside a frame. Only an end
// between two records is io.EOF.
func TestMalformedFrames(t *testing.T) {
	length := func(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }
	for name, tt := range map[string]struct {
		sent string
		want error
	}{
		"nothing":           {"", io.EOF},
		"a record":          {length(2) + "ab", io.EOF},
		"part of a length":  {"\x00\x00", io.ErrUnexpectedEOF},
		"a length alone":    {length(2), io.ErrUnexpectedEOF},
		"part of a record":  {length(2) + "a", io.ErrUnexpectedEOF},
		"an empty record":   {length(0), wire.ErrMalformed},
		"one byte too long": {length(wire.MaxRecord + 1), wire.ErrMalformed},
		"HTTP":              {"GET / HTTP/1.1\r\n\r\n", wire.ErrMalformed},
		"a huge one":        {length(1<<32 - 1), wire.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			c, raw := rawConn(t)
			if _, err := io.WriteString(raw, tt.sent); err != nil {
				t.Fatal(err)
			}
			_ = raw.Close()
			buf := make([]byte, wire.ReadBuffer)
			var err error
			for err == nil {
				_, err = c.ReadRecord(buf)
			}
			if !errors.Is(err, tt.want) || tt.want != io.EOF && err == io.EOF {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}
