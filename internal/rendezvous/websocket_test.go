//go:build !js

package rendezvous

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

// oneConn is a listener for a single connection, a pipe inside a synctest bubble.
type oneConn struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l oneConn) Close() error   { return nil }
func (l oneConn) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// bubble runs a test with a room whose relay is a script, on a clock that the
// test moves.
func bubble(t *testing.T, script func(*websocket.Conn), test func(*testing.T, *Room)) {
	synctest.Test(t, func(t *testing.T) {
		l := oneConn{make(chan net.Conn, 1), make(chan struct{})}
		upgrader := websocket.Upgrader{}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, err := upgrader.Upgrade(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			put(conn, wire.RoomWelcome{Flags: wire.RoomPeerHere}.Append(nil))
			script(conn)
		})}
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(l) })
		defer func() {
			close(l.done)
			_ = server.Close()
			serving.Wait()
		}()
		ours, theirs := net.Pipe()
		l.conns <- theirs
		dialer := websocket.Dialer{
			NetDialContext: func(context.Context, string, string) (net.Conn, error) { return ours, nil },
			ReadBufferSize: readBuffer, WriteBufferSize: wire.MaxRoomFrame,
		}
		conn, _, err := dialer.DialContext(t.Context(), "ws://pipe/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		r := newRoom(newWebSocket(conn), "pipe", wire.RoomJoin{Role: wire.RoomReceiver, Nameplate: "7"})
		welcome, err := r.awaitWelcome(true)
		if err != nil {
			t.Fatal(err)
		}
		r.enter(welcome, "")
		defer r.Close()
		test(t, r)
	})
}

func TestDeadRelayIsNoticed(t *testing.T) {
	script := func(conn *websocket.Conn) {
		conn.SetPingHandler(func(string) error { return nil }) // reads, but says nothing
		untilGone(conn)
	}
	bubble(t, script, func(t *testing.T, r *Room) {
		buf := make([]byte, ReadSize)
		if event, _, err := r.Read(buf); event != Joined || err != nil {
			t.Fatal(event, err)
		}
		begin := time.Now()
		_, _, err := r.Read(buf)
		errorAs[*LostError](t, err)
		if took := time.Since(begin); took != readTimeout {
			t.Errorf("noticed after %v, want %v", took, readTimeout)
		}
	})
}

func TestIdleRoomStays(t *testing.T) {
	bubble(t, untilGone, func(t *testing.T, r *Room) {
		events := make(chan error, 1)
		go func() {
			buf := make([]byte, ReadSize)
			for {
				if _, _, err := r.Read(buf); err != nil {
					events <- err
					return
				}
			}
		}()
		time.Sleep(24 * time.Hour)
		select {
		case err := <-events:
			t.Fatalf("after a quiet day: %v", err)
		default:
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Send(ctx, []byte("still here")); err != nil {
			t.Error(err)
		}
	})
}

// A relay that pings while this peer is stuck in a Send must not stop it from
// reading: the pong waits, the news does not.
func TestReadGoesOnWhileSendIsStuck(t *testing.T) {
	script := func(conn *websocket.Conn) {
		for range 3 { // reads nothing
			if err := conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
				t.Error(err)
			}
			put(conn, []byte{byte(wire.RoomForwardKind), 'x'})
		}
		time.Sleep(10 * time.Second)
		kind, b, err := conn.ReadMessage()
		if kind != websocket.BinaryMessage || len(b) != 1+MaxPayload || err != nil {
			t.Errorf("kind %d, %d bytes, %v", kind, len(b), err)
		}
		ponged := false
		conn.SetPongHandler(func(string) error { ponged = true; return nil })
		untilGone(conn)
		if !ponged {
			t.Error("no pong, although there was a ping")
		}
	}
	bubble(t, script, func(t *testing.T, r *Room) {
		stuck := make(chan error, 1)
		go func() { stuck <- r.Send(t.Context(), make([]byte, MaxPayload)) }()
		synctest.Wait()
		begin := time.Now()
		buf := make([]byte, ReadSize)
		if event, _, err := r.Read(buf); event != Joined || err != nil {
			t.Fatal(event, err)
		}
		for range 3 {
			if event, payload, err := r.Read(buf); event != Message || string(payload) != "x" || err != nil {
				t.Fatal(event, payload, err)
			}
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("reading took %v", took)
		}
		select {
		case err := <-stuck:
			t.Fatalf("nothing was stuck: %v", err)
		default:
		}
		if err := <-stuck; err != nil {
			t.Error(err)
		}
	})
}
