//go:build !js

package rendezvous

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// tapped is a connection that keeps what is written to it.
type tapped struct {
	net.Conn
	mu      sync.Mutex
	written bytes.Buffer
}

func (c *tapped) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written.Write(b)
	return c.Conn.Write(b)
}

// echoServer serves WebSockets that send back what they get, by the library.
func echoServer(t *testing.T, start func(http.Handler) *httptest.Server) *httptest.Server {
	t.Helper()
	server := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var upgrader websocket.Upgrader
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			kind, b, err := conn.ReadMessage()
			if err != nil || conn.WriteMessage(kind, b) != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// dialEcho opens a WebSocket to an echoServer, maybe through wrap.
func dialEcho(t *testing.T, server *httptest.Server, wrap func(net.Conn) net.Conn) *webSocket {
	t.Helper()
	dialer := websocket.Dialer{
		ReadBufferSize: readBuffer, WriteBufferSize: wire.MaxRoomFrame,
		NetDial: func(network, addr string) (net.Conn, error) {
			conn, err := net.Dial(network, addr)
			if err != nil {
				return nil, err
			}
			return wrap(conn), nil
		},
	}
	if server.TLS != nil {
		dialer.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	}
	conn, _, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := newWebSocket(conn)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Another maker's server understands messages of every length, by TCP, by TLS and by
// what is neither.
func TestMessagesOfEveryLength(t *testing.T) {
	asIs := func(conn net.Conn) net.Conn { return conn }
	for name, tc := range map[string]struct {
		start func(http.Handler) *httptest.Server
		wrap  func(net.Conn) net.Conn
	}{
		"TCP":     {httptest.NewServer, asIs},
		"TLS":     {httptest.NewTLSServer, asIs},
		"wrapped": {httptest.NewServer, func(conn net.Conn) net.Conn { return &tapped{Conn: conn} }},
	} {
		t.Run(name, func(t *testing.T) {
			s := dialEcho(t, echoServer(t, tc.start), tc.wrap)
			buf := make([]byte, ReadSize)
			for _, n := range []int{0, 1, 124, 125, 126, plainLength - 1, plainLength, wire.MaxRecord - 2, wire.MaxRecord - 1, wire.MaxRecord} {
				body := bytes.Repeat([]byte{byte(n), 1, 2}, n/3+1)[:n]
				if err := s.WriteMessage(7, body); err != nil {
					t.Fatal(err)
				}
				got, err := s.ReadMessage(buf)
				if err != nil {
					t.Fatal(err)
				}
				if want := append([]byte{7}, body...); !bytes.Equal(buf[:got], want) {
					t.Errorf("%d bytes: %d came back, and not the same", n, got)
				}
			}
		})
	}
}

// What is long goes over the wire as it is, under a key of 0; what is short does not.
func TestLongMessagesAreNotMasked(t *testing.T) {
	var tap *tapped
	s := dialEcho(t, echoServer(t, httptest.NewServer), func(conn net.Conn) net.Conn {
		tap = &tapped{Conn: conn}
		return tap
	})
	long := bytes.Repeat([]byte("sealed record. "), 1000)
	head := []byte{0x82, 0xfe, byte((len(long) + 1) >> 8), byte(len(long) + 1), 0, 0, 0, 0, 7}
	short := []byte("a message that a page may have chosen")
	for _, body := range [][]byte{long, short} {
		if err := s.WriteMessage(7, body); err != nil {
			t.Fatal(err)
		}
	}
	tap.mu.Lock()
	defer tap.mu.Unlock()
	if !bytes.Contains(tap.written.Bytes(), append(head, long...)) {
		t.Error("the long one was sent otherwise")
	}
	if bytes.Contains(tap.written.Bytes(), short) {
		t.Error("the short one can be read")
	}
}

// After the goodbye nothing is sent.
func TestNoMessageAfterTheGoodbye(t *testing.T) {
	s := dialEcho(t, echoServer(t, httptest.NewServer), func(conn net.Conn) net.Conn { return conn })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, plainLength} {
		if err := s.WriteMessage(7, make([]byte, n)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%d bytes: %v, want %v", n, err, net.ErrClosed)
		}
	}
	if _, err := s.ReadMessage(make([]byte, ReadSize)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("read: %v", err)
	}
}
