//go:build !js

package rendezvous

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
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
	// readBuffer is small on purpose. It serves frame heads and short frames; the
	// bytes of long ones bypass it on their way into the caller's buffer.
	readBuffer = 4 << 10
)

// webSocketDialer opens WebSockets with the system's sockets.
type webSocketDialer struct{ network *network }

// Dial implements Dialer.
func (d webSocketDialer) Dial(ctx context.Context, u *url.URL, header textproto.MIMEHeader) (Conn, textproto.MIMEHeader, error) {
	plain := *u
	plain.Scheme = map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	proxy, dial, err := d.network.proxyFor(&plain)
	if err != nil {
		return nil, nil, err
	}
	dialer := websocket.Dialer{
		Proxy:            http.ProxyURL(proxy),
		TLSClientConfig:  d.network.relayTLS(),
		HandshakeTimeout: dialTimeout + answerTimeout,
		ReadBufferSize:   readBuffer,
		WriteBufferSize:  wire.MaxRoomFrame, // so that a frame is one WebSocket frame
	}
	// The dialer obeys the context only until TCP and TLS are up. After that,
	// closing the connection under it ends the upgrade.
	var stop func() bool
	dialer.NetDialContext = func(dialing context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(dialing, network, addr)
		if err == nil {
			stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	conn, resp, err := dialer.DialContext(ctx, u.String(), http.Header(header))
	if stop != nil && !stop() && err == nil {
		_ = conn.Close()
		return nil, nil, context.Cause(ctx)
	}
	if errors.Is(err, websocket.ErrBadHandshake) && resp != nil {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, wire.MaxRoomBody+1))
		return nil, nil, &UpgradeError{Status: resp.StatusCode, Header: textproto.MIMEHeader(resp.Header), Body: body}
	}
	if err != nil {
		return nil, nil, err
	}
	return newWebSocket(conn), textproto.MIMEHeader(resp.Header), nil
}

// webSocket is a Conn over gorilla's WebSocket.
type webSocket struct {
	conn *websocket.Conn

	// turn lets one goroutine write at a time; kind and frame belong to its holder.
	turn  chan struct{}
	kind  [1]byte
	frame []byte // a long one, with its head

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
	select {
	case <-s.done: // the goodbye was the last frame
		return net.ErrClosed
	default:
	}
	if len(body) >= plainLength {
		return s.writePlain(kind, body)
	}
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
