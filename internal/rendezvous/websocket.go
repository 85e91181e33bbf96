//go:build !js

package rendezvous

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	// readTimeout is how long the relay may say nothing before it counts as gone.
	// Relay and peer ping each other several times in that span.
	readTimeout  = 45 * time.Second
	pingInterval = 15 * time.Second
	// controlTimeout is how long a ping or pong may take once it is its turn.
	controlTimeout = readTimeout
	// readBuffer is small on purpose. It serves frame heads and short frames; the
	// bytes of long ones bypass it on their way into the caller's buffer.
	readBuffer = 4 << 10
)

// webSocketDialer opens WebSockets with the system's sockets.
type webSocketDialer struct{ network *network }

// Dial implements Dialer.
func (d webSocketDialer) Dial(ctx context.Context, u *url.URL, header http.Header) (Conn, http.Header, error) {
	dialer := websocket.Dialer{
		Proxy:            d.network.proxy,
		TLSClientConfig:  d.network.tls,
		HandshakeTimeout: dialTimeout + answerTimeout,
		ReadBufferSize:   readBuffer,
		WriteBufferSize:  wire.MaxRoomFrame, // so that a frame is one WebSocket frame
	}
	// The dialer obeys the context only until TCP and TLS are up. After that,
	// closing the connection under it ends the upgrade.
	var stop func() bool
	dialer.NetDialContext = func(dialing context.Context, network, addr string) (net.Conn, error) {
		conn, err := d.network.dialer.DialContext(dialing, network, addr)
		if err == nil {
			stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	conn, resp, err := dialer.DialContext(ctx, u.String(), header)
	if stop != nil && !stop() && err == nil {
		_ = conn.Close()
		return nil, nil, context.Cause(ctx)
	}
	if errors.Is(err, websocket.ErrBadHandshake) && resp != nil {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, wire.MaxRoomBody+1))
		return nil, nil, &UpgradeError{Status: resp.StatusCode, Header: resp.Header, Body: body}
	}
	if err != nil {
		return nil, nil, err
	}
	return newWebSocket(conn), resp.Header, nil
}

// webSocket is a Conn over gorilla's WebSocket.
type webSocket struct {
	conn *websocket.Conn

	// turn lets one goroutine write at a time; kind belongs to its holder.
	turn chan struct{}
	kind [1]byte

	pong      chan struct{}  // a ping came that keepAlive has to answer
	keepalive sync.WaitGroup // the goroutine of keepAlive

	end  sync.Once
	done chan struct{} // closed by Close and Abort
	err  error         // why keepAlive ended the connection; read it once done is closed
}

func newWebSocket(conn *websocket.Conn) *webSocket {
	s := &webSocket{
		conn: conn,
		turn: make(chan struct{}, 1),
		pong: make(chan struct{}, 1),
		done: make(chan struct{}),
	}
	conn.SetReadLimit(wire.MaxRoomFrame)
	// Control frames arrive under ReadMessage, which must never wait for a write.
	conn.SetPingHandler(func(string) error {
		select {
		case s.pong <- struct{}{}:
		default:
		}
		s.alive()
		return nil
	})
	conn.SetPongHandler(func(string) error {
		s.alive()
		return nil
	})
	conn.SetCloseHandler(func(int, string) error { return nil })
	s.keepalive.Go(s.keepAlive)
	return s
}

// ReadMessage implements Conn.
func (s *webSocket) ReadMessage(buf []byte) (int, error) {
	s.alive()
	kind, body, err := s.conn.NextReader()
	if err != nil {
		return 0, s.readError(err)
	}
	if kind != websocket.BinaryMessage {
		return 0, ErrNotBinary
	}
	n := 0
	for {
		m, err := body.Read(buf[n:])
		n += m
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			return 0, s.readError(err)
		}
		s.alive()
	}
}

// readError translates an error of gorilla.
func (s *webSocket) readError(err error) error {
	var closed *websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return ErrTooLong
	case errors.As(err, &closed):
		return io.EOF
	}
	select {
	case <-s.done:
		if s.err != nil {
			return s.err
		}
	default:
	}
	return err
}

// alive takes what arrives as a sign of life: the relay may be silent for a while
// again, but not for long once Close says goodbye.
func (s *webSocket) alive() {
	_ = s.conn.SetReadDeadline(time.Now().Add(readTimeout))
	select {
	case <-s.done:
		_ = s.conn.SetReadDeadline(time.Now().Add(goodbyeTimeout))
	default:
	}
}

// WriteMessage implements Conn.
func (s *webSocket) WriteMessage(kind byte, body []byte) error {
	select {
	case <-s.done:
		return net.ErrClosed
	case s.turn <- struct{}{}:
	}
	defer func() { <-s.turn }()
	w, err := s.conn.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return err
	}
	s.kind[0] = kind
	if _, err := w.Write(s.kind[:]); err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	return w.Close()
}

// keepAlive pings the relay and answers its pings until the connection ends. It
// does the writing that ReadMessage must not do: a reader that waits for a write
// could wait for the other peer, which waits for its own reader.
func (s *webSocket) keepAlive() {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		kind := websocket.PingMessage
		select {
		case <-s.done:
			return
		case <-ticker.C:
		case <-s.pong:
			kind = websocket.PongMessage
		}
		select {
		case <-s.done:
			return
		case s.turn <- struct{}{}:
		}
		err := s.conn.WriteControl(kind, nil, time.Now().Add(controlTimeout))
		<-s.turn
		if err != nil {
			s.fail(err)
			return
		}
	}
}

// fail ends a connection that can no longer be written to. The relay may have
// said why it hung up, so ReadMessage gets a moment to find that first.
func (s *webSocket) fail(err error) {
	timer := time.NewTimer(goodbyeTimeout)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
	}
	s.end.Do(func() {
		s.err = err
		close(s.done)
		_ = s.conn.Close()
	})
}

// Abort implements Conn.
func (s *webSocket) Abort() {
	s.end.Do(func() {
		close(s.done)
		_ = s.conn.Close()
	})
}

// Close implements Conn.
func (s *webSocket) Close() error {
	s.end.Do(func() {
		close(s.done)
		select {
		case s.turn <- struct{}{}:
			s.goodbye()
			<-s.turn
		case <-time.After(goodbyeTimeout / 2): // somebody is stuck in a write, and a goodbye would be, too
		}
		_ = s.conn.Close()
	})
	s.keepalive.Wait()
	return nil
}

// goodbye sends a close frame and discards what still comes until the relay hangs
// up. Closing a socket with unread bytes would make the system throw away what is
// on the way to the relay.
func (s *webSocket) goodbye() {
	deadline := time.Now().Add(goodbyeTimeout)
	frame := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := s.conn.WriteControl(websocket.CloseMessage, frame, deadline); err != nil {
		return
	}
	socket := s.conn.NetConn()
	if err := socket.SetReadDeadline(deadline); err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, socket)
}
