package relay

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// socketOf returns the socket of a peer in a room.
func (r *Relay) socketOf(t *testing.T, nameplate string, role role) *socket {
	t.Helper()
	r.table.mu.Lock()
	p := r.table.entries[nameplate].room.slots[role].Load()
	r.table.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.serving {
		if s.peer == p {
			return s
		}
	}
	t.Fatal("the peer has no socket")
	return nil
}

// directly returns how many messages were written directly.
func (s *socket) directly() int {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.direct
}

// limitedServer serves a relay as Serve does, with its limits of connections.
func limitedServer(t *testing.T, config Config) (*Relay, string) {
	t.Helper()
	r, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(r)
	server.Listener = r.Limit(server.Listener)
	server.Start()
	t.Cleanup(func() {
		_ = r.Close()
		server.Close()
	})
	return r, server.URL
}

// Messages to a peer that takes them are written by the other's reader, also where the
// relay has wrapped its connections.
func TestDirectWrites(t *testing.T) {
	r, base := limitedServer(t, unlimited())
	reply, s, rcv := pair(t, base)
	to := r.socketOf(t, reply.Nameplate, receiver)
	const messages = 50
	for range messages {
		s.forward("x")
		rcv.wantForward("x")
	}
	if n := to.directly(); n != messages {
		t.Errorf("%d of %d messages were written directly", n, messages)
	}
}

func TestConnectionsToWriteDirectly(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	secured := tls.Client(conn, &tls.Config{})
	pipe, other := net.Pipe()
	defer pipe.Close()
	defer other.Close()
	for _, tc := range []struct {
		name string
		conn net.Conn
		want bool
	}{
		{"TCP", conn, true},
		{"TCP, counted", &countedConn{Conn: conn}, true},
		{"TLS", secured, false},
		{"TLS, counted", &countedConn{Conn: secured}, false},
		{"not of the system", pipe, false},
	} {
		if got := tcpConn(tc.conn) == conn; got != tc.want {
			t.Errorf("%s: %t", tc.name, got)
		}
	}
}

// stalledSocket returns a socket whose writer runs, and the other end of its
// connection, which has yet to read. Little fits between them.
func stalledSocket(t *testing.T) (*socket, client) {
	t.Helper()
	made := make(chan *socket, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		conn, err := (&websocket.Upgrader{}).Upgrade(w, req, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		s := newSocket(conn, &sync.Pool{}, unobserved{}.Throttled)
		if err := s.tcp.SetWriteBuffer(16 << 10); err != nil {
			t.Error(err)
		}
		made <- s
		s.write()
		close(s.peer.gone)
		_, _, _ = conn.ReadMessage() // until the client has read everything
	}))
	t.Cleanup(server.Close)
	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(16 << 10)
		}
		return conn, err
	}}
	conn, _, err := dialer.DialContext(t.Context(), webSocket(server.URL), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := <-made
	t.Cleanup(func() {
		_ = conn.Close()
		_ = s.conn.Close()
		s.peer.dismiss(0)
		<-s.peer.gone
	})
	return s, client{t, conn}
}

// numbered returns a message of its own for each n, of many lengths.
func numbered(n int) *message {
	lengths := []int{66_000, 5, 121, 122, 5000, 65_530, 65_531}
	payload := bytes.Repeat([]byte{byte(n)}, lengths[n%len(lengths)])
	return &message{frame: append(binary.BigEndian.AppendUint32([]byte{byte(wire.RoomForwardKind)}, uint32(n)), payload...)}
}

// sendNumbered delivers messages as the other peer's reader does, until it has
// delivered so many or abandon is closed.
func (s *socket) sendNumbered(messages int, abandon <-chan struct{}) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; n < messages && !isClosed(abandon); n++ {
			s.peer.deliver(numbered(n), abandon)
		}
	}()
	return ended
}

// untilStalled waits until a message is begun that the connection does not take.
func (s *socket) untilStalled(t *testing.T) {
	t.Helper()
	eventually(t, "nothing more is taken", func() bool { return s.peer.pending.Load() > 0 })
}

// What is begun by the other peer's reader is finished by the writer, whatever comes
// between, and all messages arrive in order.
func TestOrderWithSlowReader(t *testing.T) {
	s, c := stalledSocket(t)
	const messages, notices = 500, 50
	sent := s.sendNumbered(messages, nil)
	s.untilStalled(t)
	var beside sync.WaitGroup
	beside.Go(func() { // as the peer's own reader does
		for range notices {
			s.pong <- struct{}{}
			s.peer.put(notice(wire.RoomTURNKind), nil)
		}
	})
	noticed := 0
	for n := 0; n < messages; {
		b := c.frame()
		if len(b) == 1 {
			noticed++
			continue
		}
		if want := numbered(n).frame; !bytes.Equal(b, want) {
			t.Fatalf("message %d: %d bytes, %.8x; want %d, %.8x", n, len(b), b, len(want), want)
		}
		n++
		if n%100 == 0 && n < messages-100 {
			s.untilStalled(t)
		}
	}
	<-sent
	for noticed < notices {
		c.want(wire.RoomTURNKind)
		noticed++
	}
	beside.Wait()
	if n := s.directly(); n != messages {
		t.Errorf("%d of %d messages were written directly", n, messages)
	}
}

// A message that is begun is finished before the goodbye.
func TestGoodbyeInTheMiddleOfAMessage(t *testing.T) {
	s, c := stalledSocket(t)
	abandon := make(chan struct{})
	sent := s.sendNumbered(1000, abandon)
	s.untilStalled(t)
	s.peer.dismiss(wire.RoomClosing)
	close(abandon)
	<-sent
	for n := 0; ; n++ {
		b := c.frame()
		if wire.RoomKind(b[0]) == wire.RoomErrorKind {
			break
		}
		if want := numbered(n).frame; !bytes.Equal(b, want) {
			t.Fatalf("message %d: %d bytes, %.8x; want %d, %.8x", n, len(b), b, len(want), want)
		}
	}
	c.wantEnd(websocket.ClosePolicyViolation)
}

// Nothing follows the goodbye.
func TestNoDirectWritesAfterTheGoodbye(t *testing.T) {
	s, c := stalledSocket(t)
	s.peer.dismiss(wire.RoomClosing)
	<-s.peer.gone
	s.peer.deliver(numbered(1), nil)
	if n := s.directly(); n != 0 {
		t.Errorf("%d messages were written", n)
	}
	c.wantError(wire.RoomClosing)
}

// A connection that ends in the middle of a message holds up nobody.
func TestEndInTheMiddleOfAMessage(t *testing.T) {
	s, c := stalledSocket(t)
	sent := s.sendNumbered(1000, nil)
	s.untilStalled(t)
	_ = c.conn.Close()
	<-sent
	<-s.peer.gone
}

// A peer that is disconnected while the other stalls is not held up.
func TestReaderIsNotHeldByAStalledPeer(t *testing.T) {
	s, _ := stalledSocket(t)
	abandon := make(chan struct{})
	sent := s.sendNumbered(1000, abandon)
	s.untilStalled(t)
	close(abandon)
	<-sent
}

// The heads of WebSocket frames, which have three forms (RFC 6455, section 5.2).
func TestWebSocketFrame(t *testing.T) {
	for _, tc := range []struct {
		length int
		head   []byte
	}{
		{0, []byte{0x82, 0}},
		{125, []byte{0x82, 125}},
		{126, []byte{0x82, 126, 0, 126}},
		{65_535, []byte{0x82, 126, 0xff, 0xff}},
		{65_536, []byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
	} {
		body := bytes.Repeat([]byte{7}, tc.length)
		want := append(tc.head, body...)
		if got := (&message{frame: body}).webSocketFrame(); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: % .12x, want % .12x", tc.length, got, want)
		}
		m := newMessage(tc.length, nil)
		m.frame = m.space()[:copy(m.space(), body)]
		if got := m.webSocketFrame(); !bytes.Equal(got, want) {
			t.Errorf("%d bytes from a peer: % .12x, want % .12x", tc.length, got, want)
		}
	}
}
