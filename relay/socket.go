package relay

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

// How long things may take.
const (
	pingInterval = 15 * time.Second
	silence      = 45 * time.Second       // without a sign of life, seen at the ping nearest to it
	stall        = 60 * time.Second       // for a peer to take one message
	linger       = time.Second            // for a peer that was put out to take its leave
	handover     = 100 * time.Millisecond // the same, if its seat is waited for

	slowWrite = time.Second // what takes longer was held up by the peer
)

// socket is the WebSocket of one peer, served by two goroutines: read
// (inbound.go) belongs to the HTTP handler, write (outbound.go) is started and
// waited for by it.
type socket struct {
	conn  *websocket.Conn
	peer  *peer
	pool  *sync.Pool    // of *message with buffers for the largest frame allowed
	speed *rate.Limiter // of what the peer sends; nil for no limit

	pong chan struct{} // a ping came; the writer answers

	born  time.Time
	heard atomic.Int64 // when the peer last gave a sign of life, in ns since born
	held  atomic.Bool  // read waits for the other peer, and so hears nothing
}

func newSocket(conn *websocket.Conn, pool *sync.Pool, speed *rate.Limiter) *socket {
	s := &socket{conn: conn, pool: pool, speed: speed, pong: make(chan struct{}, 1), born: time.Now()}
	s.peer = newPeer(s.hurry)
	// Control frames come in under read, which must never wait for a write.
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
	return s
}

// serve runs the peer's loops until its connection has ended.
func (s *socket) serve() {
	var writer sync.WaitGroup
	writer.Go(s.write)
	if room := s.peer.room; room != nil {
		defer room.leave(s.peer)
		s.hold(s.peer.arrive)
	}
	s.read()
	close(s.peer.gone)
	_ = s.conn.Close()
	writer.Wait()
}

// alive notes a sign of life.
func (s *socket) alive() { s.heard.Store(int64(time.Since(s.born))) }

// silent tells of a peer that could have given a sign of life and did not. The
// writer asks, so the peer's own slowness does not hold up its answers to pings.
func (s *socket) silent() bool {
	quiet := time.Since(s.born) - time.Duration(s.heard.Load())
	return !s.held.Load() && quiet > silence-pingInterval/2
}

// hurry leaves a peer that was put out only the time for its leave.
func (s *socket) hurry(rest time.Duration) { _ = s.conn.SetReadDeadline(time.Now().Add(rest)) }
