package trunk

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTimeout bounds every wait of these tests.
const testTimeout = 20 * time.Second

// end is one end of a path: a trunk with one socket, which somebody reads as
// ICE would.
type end struct {
	trunk  *Trunk
	socket *Socket
	rest   chan []byte // what is not of the trunk
}

func (e *end) address() netip.AddrPort { return e.socket.LocalAddr().(*net.UDPAddr).AddrPort() }

// connect makes both ends of a path on an address of this machine.
func connect(t *testing.T, address string) (a, b *end) {
	t.Helper()
	keyA, keyB := bytes.Repeat([]byte{1}, KeySize), bytes.Repeat([]byte{2}, KeySize)
	a, b = newEnd(t, address, keyA, keyB), newEnd(t, address, keyB, keyA)
	a.send(t, dtls("from a"), b)
	b.send(t, dtls("from b"), a)
	return a, b
}

func newEnd(t *testing.T, address string, own, others []byte) *end {
	t.Helper()
	e := &end{trunk: New(), rest: make(chan []byte, 64)}
	var err error
	e.socket, err = e.trunk.Listen("udp", &net.UDPAddr{IP: net.ParseIP(address)})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.trunk.Start(own, others); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		buf := make([]byte, MaxPayload)
		for {
			n, _, err := e.socket.ReadFromAddrPort(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			select {
			case e.rest <- bytes.Clone(buf[:n]):
			default:
			}
		}
	}()
	t.Cleanup(func() {
		if err := e.trunk.Close(); err != nil {
			t.Error(err)
		}
		_ = e.socket.Close()
		<-stopped
	})
	return e
}

// dtls is a datagram that looks like one of the connection itself.
func dtls(text string) []byte { return append([]byte{23}, text...) }

// send sends a datagram of the connection itself and waits for it there.
func (e *end) send(t *testing.T, b []byte, to *end) {
	t.Helper()
	if _, err := e.socket.WriteToAddrPort(b, to.address()); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-to.rest:
		if !bytes.Equal(got, b) {
			t.Fatalf("%q came, not %q", got, b)
		}
	case <-time.After(testTimeout):
		t.Fatal("a datagram of the connection does not arrive")
	}
}

func (e *end) open(t *testing.T, id uint32) *Flow {
	t.Helper()
	f, err := e.trunk.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (e *end) accept(t *testing.T) *Flow {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	f, err := e.trunk.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Datagrams of every size go whole and in order over several flows at once, and
// what is not of the trunk beside them.
func TestFlows(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		t.Run(address, func(t *testing.T) {
			a, b := connect(t, address)
			const flows, each = 4, 600
			done := make(chan error, flows)
			for id := range uint32(flows) {
				f := a.open(t, id+1)
				if _, err := f.Write([]byte("hello")); err != nil {
					t.Fatal(err)
				}
				g := b.accept(t)
				if g.ID() != id+1 {
					t.Fatalf("flow %d was accepted, not %d", g.ID(), id+1)
				}
				if got := readOne(t, g); string(got) != "hello" {
					t.Fatalf("%q", got)
				}
				go func() { done <- exchange(f, g, each) }()
			}
			a.send(t, dtls("beside them"), b)
			for range flows {
				select {
				case err := <-done:
					if err != nil {
						t.Error(err)
					}
				case <-time.After(testTimeout):
					t.Fatal("it takes too long")
				}
			}
		})
	}
}

// exchange sends datagrams of many sizes, a few at a time, so that none is lost.
func exchange(f, g *Flow, count int) error {
	const ahead = 32
	buf := make([]byte, MaxPayload)
	for n := 0; n < count; n += ahead {
		for i := n; i < n+ahead; i++ {
			if _, err := f.Write(testDatagram(i)); err != nil {
				return err
			}
		}
		for i := n; i < n+ahead; i++ {
			size, err := g.Read(buf)
			if err != nil {
				return err
			}
			if !bytes.Equal(buf[:size], testDatagram(i)) {
				return fmt.Errorf("datagram %d of %d bytes is not what came, of %d", i, len(testDatagram(i)), size)
			}
		}
	}
	return nil
}

// testDatagram returns datagram number i of a flow: runs of one size, and single ones.
func testDatagram(i int) []byte {
	size := 1200
	if i%7 == 0 {
		size = 4 + i*13%(MaxPayload-4)
	}
	return binary.BigEndian.AppendUint32(bytes.Repeat([]byte{byte(i)}, size-4), uint32(i))
}

func readOne(t *testing.T, f *Flow) []byte {
	t.Helper()
	if err := f.SetReadDeadline(time.Now().Add(testTimeout)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, MaxPayload)
	n, err := f.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.SetReadDeadline(time.Time{})
	return buf[:n]
}

// What was sealed with another key opens no flow, and what comes twice is read
// once.
func TestForgeriesAndReplays(t *testing.T) {
	a, b := connect(t, "127.0.0.1")
	wrong, err := newAEAD(bytes.Repeat([]byte{9}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	send := func(packet []byte) {
		if _, err := a.socket.WriteToUDPAddrPort(packet, b.address()); err != nil {
			t.Fatal(err)
		}
	}
	send(appendSealed(nil, wrong, 1, 0, []byte("forged")))
	first := appendSealed(nil, a.trunk.seal, 2, 0, []byte("first"))
	send(first)
	f := b.accept(t)
	if f.ID() != 2 {
		t.Fatalf("flow %d was accepted", f.ID())
	}
	send(first)
	send(appendSealed(nil, wrong, 2, 1, []byte("forged")))
	send(appendSealed(nil, a.trunk.seal, 2, 1, []byte("second")))
	for _, want := range []string{"first", "second"} {
		if got := readOne(t, f); string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	send(appendSealed(nil, a.trunk.seal, 2, 2, []byte("after its end")))
	send(appendSealed(nil, a.trunk.seal, 3, 0, []byte("another")))
	if f := b.accept(t); f.ID() != 3 {
		t.Errorf("flow %d was accepted after its end", f.ID())
	}
}

// There is a bound on the flows, which the peer cannot exceed.
func TestTooManyFlows(t *testing.T) {
	a, b := connect(t, "127.0.0.1")
	for id := range uint32(2 * maxFlows) {
		packet := appendSealed(nil, a.trunk.seal, id+1, 0, []byte("one more"))
		if _, err := a.socket.WriteToUDPAddrPort(packet, b.address()); err != nil {
			t.Fatal(err)
		}
	}
	a.send(t, dtls("after them"), b)
	b.trunk.mu.Lock()
	n := len(b.trunk.flows)
	b.trunk.mu.Unlock()
	if n != maxFlows {
		t.Errorf("%d flows", n)
	}
	for id := range uint32(maxFlows) {
		a.open(t, 100+id)
	}
	if _, err := a.trunk.Open(1000); err == nil {
		t.Error("one flow too many was opened")
	}
}

func TestCloseUnblocks(t *testing.T) {
	a, _ := connect(t, "127.0.0.1")
	f, g := a.open(t, 1), a.open(t, 2)
	read := make(chan error, 3)
	for _, f := range []*Flow{f, g} {
		go func() {
			_, err := f.Read(make([]byte, 10))
			read <- err
		}()
	}
	go func() {
		_, err := a.trunk.Accept(context.WithoutCancel(t.Context()))
		read <- err
	}()
	if err := g.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	if err := a.trunk.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case err := <-read:
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				t.Errorf("after close: %v", err)
			}
		case <-time.After(testTimeout):
			t.Fatal("close unblocks nothing")
		}
	}
	if _, err := f.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
	if _, err := a.trunk.Open(3); !errors.Is(err, net.ErrClosed) {
		t.Errorf("open after close: %v", err)
	}
	if err := a.trunk.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

// A datagram that is too large is refused, and one that has no path is lost.
func TestWriteLimits(t *testing.T) {
	trunk := New()
	defer trunk.Close()
	if _, err := trunk.Open(1); err == nil {
		t.Error("a flow was opened without keys")
	}
	key := make([]byte, KeySize)
	if err := trunk.Start(key, key[1:]); err == nil {
		t.Error("a short key was taken")
	}
	if err := trunk.Start(key, key); err != nil {
		t.Fatal(err)
	}
	if err := trunk.Start(key, key); err == nil {
		t.Error("keys were taken twice")
	}
	f, err := trunk.Open(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, MaxPayload+1)); !errors.Is(err, errTooLarge) {
		t.Errorf("too large: %v", err)
	}
	for range 3 * outboxBytes / MaxPayload { // it must not wait for ever
		if _, err := f.Write(make([]byte, MaxPayload)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := trunk.Open(1); err == nil {
		t.Error("a flow was opened twice")
	}
}

// The path follows the connection.
func TestPathFollows(t *testing.T) {
	a, b := connect(t, "127.0.0.1")
	f := a.open(t, 1)
	if got := f.RemoteAddr().(*net.UDPAddr).AddrPort(); got != b.address() {
		t.Errorf("the path leads to %v, not %v", got, b.address())
	}
	c := newEnd(t, "127.0.0.1", bytes.Repeat([]byte{2}, KeySize), bytes.Repeat([]byte{1}, KeySize))
	if _, err := a.socket.WriteToAddrPort([]byte{0, 1, 0, 0}, c.address()); err != nil { // a check of ICE
		t.Fatal(err)
	}
	if got := f.RemoteAddr().(*net.UDPAddr).AddrPort(); got != b.address() {
		t.Errorf("a check of ICE changed the path to %v", got)
	}
	<-c.rest
	a.send(t, dtls("moved"), c)
	if _, err := f.Write([]byte("here")); err != nil {
		t.Fatal(err)
	}
	if got := readOne(t, c.accept(t)); string(got) != "here" {
		t.Errorf("%q", got)
	}
}
