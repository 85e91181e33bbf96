package relay

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// pipeNet is a network of pipes inside a synctest bubble: whole connections on
// a clock that the test moves.
type pipeNet struct {
	relay *Relay
	conns chan net.Conn
	done  chan struct{}
}

func (n *pipeNet) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}
func (n *pipeNet) Close() error   { return nil }
func (n *pipeNet) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (n *pipeNet) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	n.conns <- theirs
	return ours, nil
}

func startPipe(t *testing.T, config Config) *pipeNet {
	t.Helper()
	r, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	n := &pipeNet{relay: r, conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: r}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(n) })
	t.Cleanup(func() {
		_ = r.Close()
		close(n.done)
		_ = server.Close()
		serving.Wait()
	})
	return n
}

func (n *pipeNet) join(t *testing.T, join wire.RoomJoin) client {
	t.Helper()
	dialer := websocket.Dialer{NetDialContext: n.dial}
	conn, _, err := dialer.DialContext(t.Context(), "ws://pipe/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s := client{t, conn}
	s.send(join.Append(nil)...)
	return s
}

func (n *pipeNet) pair(t *testing.T) (r *room, snd, rcv client) {
	t.Helper()
	r, code := n.relay.table.open(wire.OpenRequest{Nonce: testNonce()}, owner{})
	if code != 0 {
		t.Fatal(code)
	}
	snd = n.join(t, asSender(r.nameplate, r.ticket))
	snd.wantWelcome(0)
	rcv = n.join(t, asReceiver(r.nameplate))
	rcv.wantWelcome(wire.RoomPeerHere)
	snd.want(wire.RoomJoinedKind)
	return r, snd, rcv
}

// listen reads in the background, which answers pings, until the end; it gives
// what came.
func (s client) listen() <-chan []byte {
	_ = s.conn.SetReadDeadline(time.Time{})
	out := make(chan []byte, 16)
	go func() {
		defer close(out)
		for {
			_, b, err := s.conn.ReadMessage()
			if err != nil {
				return
			}
			out <- b
		}
	}()
	return out
}

func TestSilentPeerIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		room, s, r := n.pair(t)
		room.burn()
		heard := s.listen()
		// The receiver takes everything, but answers no ping.
		r.conn.SetPingHandler(func(string) error { return nil })
		r.listen()
		begin := time.Now()
		if b, ok := <-heard; !ok || wire.RoomKind(b[0]) != wire.RoomLeftKind {
			t.Fatalf("heard %x, %t; want left", b, ok)
		}
		if took := time.Since(begin); took != readTimeout {
			t.Errorf("gone after %v, want %v", took, readTimeout)
		}
	})
}

func TestIdlePeersStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		room, s, r := n.pair(t)
		room.burn()
		fromRelay := s.listen()
		toReceiver := r.listen()
		time.Sleep(24 * time.Hour)
		s.forward("still here")
		if b := <-toReceiver; string(b[1:]) != "still here" {
			t.Errorf("after a day: %x", b)
		}
		select {
		case b, ok := <-fromRelay:
			t.Errorf("the sender heard %x, %t", b, ok)
		default:
		}
	})
}

func TestPeersPingIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		_, s, _ := n.pair(t)
		pong := make(chan struct{}, 1)
		s.conn.SetPongHandler(func(string) error { pong <- struct{}{}; return nil })
		s.listen()
		if err := s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		<-pong
	})
}

func TestPeerThatTakesNothingIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		room, s, _ := n.pair(t) // the receiver does not read any more
		room.burn()
		heard := s.listen()
		begin := time.Now()
		sent := make(chan int)
		go func() {
			i := 0
			for ; i < 100; i++ {
				s.forward("x")
			}
			sent <- i
		}()
		if b, ok := <-heard; !ok || wire.RoomKind(b[0]) != wire.RoomLeftKind {
			t.Fatalf("heard %x, %t; want left", b, ok)
		}
		if took := time.Since(begin); took != writeTimeout {
			t.Errorf("dropped after %v, want %v", took, writeTimeout)
		}
		if n := <-sent; n != 100 {
			t.Errorf("the sender got rid of %d messages", n)
		}
	})
}

// A peer that is held up by a slow one is not silent, however long that lasts.
func TestHeldUpPeerIsNotSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		room, s, r := n.pair(t)
		room.burn()
		s.conn.SetPingHandler(func(string) error { return nil }) // its pongs could not get through either
		heard := s.listen()
		go func() {
			for s.conn.WriteMessage(websocket.BinaryMessage, []byte{byte(wire.RoomForwardKind), 'x'}) == nil {
			}
		}()
		for range 20 {
			time.Sleep(readTimeout)
			r.wantForward("x")
		}
		select {
		case b, ok := <-heard:
			t.Fatalf("the sender heard %x, %t", b, ok)
		default:
		}
	})
}
