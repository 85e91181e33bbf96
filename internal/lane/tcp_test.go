package lane_test

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

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// tcpSide is one peer as far as tcp lanes go: it takes any number of connections
// and gives their numbers from 1 on.
type tcpSide struct {
	lane.TCPPeer
	lanes chan tcpLane // those that it got

	mu      sync.Mutex
	numbers uint32
	wanted  uint32 // as many and no more
}

type tcpLane struct {
	id uint32
	*lane.TCP
}

func newTCPSide(t *testing.T, key byte, sends bool) *tcpSide {
	t.Helper()
	s := &tcpSide{lanes: make(chan tcpLane, 100), wanted: 100}
	s.TCPPeer = lane.TCPPeer{
		Key: [lane.TCPKeySize]byte{key}, Sends: sends,
		Number: func(*lane.TCP) (uint32, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.numbers++
			return s.numbers, s.numbers <= s.wanted
		},
		Attach: func(id uint32, c *lane.TCP) { s.lanes <- tcpLane{id, c} },
	}
	t.Cleanup(func() {
		for len(s.lanes) > 0 {
			_ = (<-s.lanes).Close()
		}
	})
	return s
}

// listen has the side accept connections, and returns where.
func (s *tcpSide) listen(t *testing.T) netip.AddrPort {
	t.Helper()
	listener, err := lane.ListenTCP(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		lane.ServeTCP(ctx, listener, func() lane.TCPPeer { return s.TCPPeer })
		served <- nil
	}()
	t.Cleanup(func() {
		cancel()
		if err := within(served); err != nil {
			t.Error(err)
		}
	})
	port := listener.Addr().(*net.TCPAddr).Port
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

// got waits for the next lane.
func (s *tcpSide) got(t *testing.T) tcpLane {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case l := <-s.lanes:
		t.Cleanup(func() { _ = l.Close() })
		return l
	case <-timer.C:
		t.Fatal("no lane")
		return tcpLane{}
	}
}

func tcpPair(t *testing.T) (a, b session.Carrier) {
	t.Helper()
	sender, receiver := newTCPSide(t, 1, true), newTCPSide(t, 1, false)
	at := receiver.listen(t)
	if err := lane.DialTCP(t.Context(), []netip.AddrPort{at}, sender.TCPPeer); err != nil {
		t.Fatal(err)
	}
	x, y := sender.got(t), receiver.got(t)
	if x.id != 1 || y.id != 1 {
		t.Fatalf("lane %d at the sender, %d at the receiver", x.id, y.id)
	}
	return x.TCP, y.TCP
}

// Either side may dial; the sender numbers all the same.
func TestReceiverDials(t *testing.T) {
	sender, receiver := newTCPSide(t, 1, true), newTCPSide(t, 1, false)
	at := sender.listen(t)
	for want := uint32(1); want <= 3; want++ {
		if err := lane.DialTCP(t.Context(), []netip.AddrPort{at}, receiver.TCPPeer); err != nil {
			t.Fatal(err)
		}
		a, b := sender.got(t), receiver.got(t)
		if a.id != want || b.id != want {
			t.Errorf("lane %d at the sender, %d at the receiver, want %d", a.id, b.id, want)
		}
		if b.Remote() != at || a.Path() != (lane.Path{Local: at.Addr(), Remote: at.Addr()}) {
			t.Errorf("it runs from %v to %v", a.Path(), b.Remote())
		}
		if err := writeAll(a, []int{100}); err != nil {
			t.Error(err)
		}
		if err := readAll(b, []int{100}); err != nil {
			t.Error(err)
		}
	}
}

// A connection that the sender has no use for ends at once, on both sides.
func TestUnwantedConnections(t *testing.T) {
	for _, senderDials := range []bool{true, false} {
		sender, receiver := newTCPSide(t, 1, true), newTCPSide(t, 1, false)
		sender.wanted = 0
		dials, accepts := sender, receiver
		if !senderDials {
			dials, accepts = receiver, sender
		}
		if err := lane.DialTCP(t.Context(), []netip.AddrPort{accepts.listen(t)}, dials.TCPPeer); err == nil {
			t.Error("it became a lane")
		}
		if len(sender.lanes)+len(receiver.lanes) > 0 {
			t.Error("a side has a lane")
		}
	}
}

// Of many addresses, one that leads somewhere is enough, and it is not held up by
// those that do not answer, or belong to somebody else.
func TestRaceOfAddresses(t *testing.T) {
	sender, receiver, other := newTCPSide(t, 1, true), newTCPSide(t, 1, false), newTCPSide(t, 2, false)
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	addresses := []netip.AddrPort{
		silent.Addr().(*net.TCPAddr).AddrPort(), // connects, and says nothing
		netip.MustParseAddrPort("127.0.0.1:1"),  // refuses
		other.listen(t), receiver.listen(t),
	}
	if err := within(async(func() error { return lane.DialTCP(t.Context(), addresses, sender.TCPPeer) })); err != nil {
		t.Fatal(err)
	}
	a, b := sender.got(t), receiver.got(t)
	if err := writeAll(b, []int{1}); err != nil {
		t.Error(err)
	}
	if err := readAll(a, []int{1}); err != nil {
		t.Error(err)
	}
	if len(other.lanes) > 0 {
		t.Error("somebody else has a lane")
	}
	if err := lane.DialTCP(t.Context(), addresses[1:3], sender.TCPPeer); err == nil {
		t.Error("a lane to nobody")
	}
	if err := lane.DialTCP(t.Context(), nil, sender.TCPPeer); err == nil {
		t.Error("a lane without an address")
	}
}

func async(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// A dial ends with its context, also in the middle of a proof.
func TestTCPDialEndsWithItsContext(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	dialled := async(func() error {
		return lane.DialTCP(ctx, []netip.AddrPort{silent.Addr().(*net.TCPAddr).AddrPort()}, newTCPSide(t, 1, true).TCPPeer)
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
	if err := within(dialled); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// rawTCP is a carrier and the bare connection at its other end.
func rawTCP(t testing.TB) (*lane.TCP, net.Conn) {
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
	c := lane.NewTCP(other)
	t.Cleanup(func() { _ = c.Close() })
	return c, conn
}

// Exactly these bytes go over a connection.
func TestTCPFraming(t *testing.T) {
	c, raw := rawTCP(t)
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

// What is no frame ends the lane, and so does an end in the middle of one; only
// an end between records is an orderly one.
func TestTCPFramesOfOthers(t *testing.T) {
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
			c, raw := rawTCP(t)
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
