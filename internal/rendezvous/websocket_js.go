package rendezvous

import (
	"context"
	"errors"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"sync"
	"syscall/js"
	"time"

	"github.com/tallow-transfer/tallow/internal/promise"
	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	// A write waits while more than sendHigh bytes are buffered. A browser does not
	// tell when there are fewer, so it is asked every drainInterval.
	sendHigh      = 1 << 20
	drainInterval = 4 * time.Millisecond
	// The states of a WebSocket.
	socketConnecting = 0
	socketOpen       = 1
)

// errNoSocket is a WebSocket that did not open. A browser does not tell why.
var errNoSocket = errors.New("the browser could not connect")

// webSocketDialer opens WebSockets of the browser.
type webSocketDialer struct{}

// Dial implements Dialer. A browser sends no header of ours with the request.
func (webSocketDialer) Dial(ctx context.Context, u *url.URL, _ textproto.MIMEHeader) (Conn, textproto.MIMEHeader, error) {
	var socket js.Value
	if err := promise.Try(func() { socket = js.Global().Get("WebSocket").New(u.String()) }); err != nil {
		return nil, nil, err
	}
	socket.Set("binaryType", "arraybuffer")
	s := newWebSocket(socket)
	select {
	case <-s.opened:
		return s, nil, nil
	case <-s.gone:
		_ = s.Close()
		return nil, nil, errNoSocket
	case <-ctx.Done():
		s.abandon()
		return nil, nil, context.Cause(ctx)
	}
}

// webSocket is a Conn over a WebSocket of the browser, which answers pings itself.
// How much it receives ahead is bounded by the windows of the session.
type webSocket struct {
	socket js.Value
	frame  js.Value // a Uint8Array for one frame, of the goroutine that writes
	opened chan struct{}
	// abandoned is set, by the one goroutine that a browser has at a time, once nobody
	// waits for the socket to open any more.
	abandoned bool

	gone chan struct{} // closed when the browser says that the socket is closed
	done chan struct{} // closed by Close and Abort

	end     sync.Once
	release sync.Once

	inbox    *promise.Inbox
	held     promise.Held
	handlers map[string]js.Func
}

func newWebSocket(socket js.Value) *webSocket {
	s := &webSocket{
		socket: socket,
		frame:  js.Global().Get("Uint8Array").New(wire.MaxRoomFrame),
		opened: make(chan struct{}), gone: make(chan struct{}), done: make(chan struct{}),
		inbox: promise.NewInbox(),
	}
	var closed sync.Once
	s.handlers = map[string]js.Func{
		"onopen": js.FuncOf(func(js.Value, []js.Value) any {
			close(s.opened)
			if s.abandoned {
				s.socket.Call("close")
			}
			return nil
		}),
		"onclose": js.FuncOf(func(js.Value, []js.Value) any {
			closed.Do(func() { close(s.gone) })
			if s.abandoned {
				s.letGo()
			}
			return nil
		}),
		"onmessage": js.FuncOf(func(_ js.Value, args []js.Value) any {
			s.inbox.Put(args[0].Get("data"))
			return nil
		}),
	}
	for name, f := range s.handlers {
		socket.Set(name, f)
	}
	return s
}

// abandon gives up a socket that has not opened. It is closed once it has: to close
// it now is an error that browsers show to the person.
func (s *webSocket) abandon() {
	if s.socket.Get("readyState").Int() != socketConnecting {
		s.Abort()
		_ = s.Close()
		return
	}
	s.end.Do(func() { close(s.done) })
	s.abandoned = true
}

// letGo takes the handlers from the socket.
func (s *webSocket) letGo() {
	s.release.Do(func() {
		for name, f := range s.handlers {
			s.socket.Set(name, js.Null())
			f.Release()
		}
	})
}

// ReadMessage implements Conn.
func (s *webSocket) ReadMessage(buf []byte) (int, error) {
	for {
		if m, ok := s.inbox.Take(); ok {
			return s.copyMessage(buf, m)
		}
		select {
		case <-s.inbox.Arrived():
		case <-s.done:
			return 0, net.ErrClosed
		case <-s.gone:
			if m, ok := s.inbox.Take(); ok {
				return s.copyMessage(buf, m)
			}
			return 0, io.EOF
		}
	}
}

// copyMessage copies an ArrayBuffer into buf.
func (s *webSocket) copyMessage(buf []byte, m js.Value) (int, error) {
	if m.Type() != js.TypeObject {
		return 0, ErrNotBinary
	}
	if m.Get("byteLength").Int() > wire.MaxRoomFrame {
		return 0, ErrTooLong
	}
	n := js.CopyBytesToGo(buf, js.Global().Get("Uint8Array").New(m))
	s.held.LetGo(n)
	return n, nil
}

// WriteMessage implements Conn.
func (s *webSocket) WriteMessage(kind byte, body []byte) error {
	for s.socket.Get("bufferedAmount").Int() > sendHigh {
		timer := time.NewTimer(drainInterval)
		select {
		case <-timer.C:
		case <-s.done:
			timer.Stop()
			return net.ErrClosed
		case <-s.gone:
			timer.Stop()
			return io.EOF
		}
	}
	if s.socket.Get("readyState").Int() != socketOpen {
		return net.ErrClosed
	}
	s.frame.SetIndex(0, kind)
	js.CopyBytesToJS(s.frame.Call("subarray", 1), body)
	return promise.Try(func() { s.socket.Call("send", s.frame.Call("subarray", 0, 1+len(body))) })
}

// Abort implements Conn. A browser cannot break a connection off; what it still
// says is ignored.
func (s *webSocket) Abort() {
	s.end.Do(func() {
		close(s.done)
		s.socket.Call("close")
	})
}

// Close implements Conn. The browser sends what was written before it says
// goodbye.
func (s *webSocket) Close() error {
	s.end.Do(func() {
		close(s.done)
		s.socket.Call("close", 1000)
		timer := time.NewTimer(goodbyeTimeout)
		defer timer.Stop()
		select {
		case <-s.gone:
		case <-timer.C:
		}
	})
	s.letGo()
	return nil
}
