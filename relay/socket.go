package relay

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// How long things may take.
const (
	pingInterval = 15 * time.Second
	readTimeout  = 45 * time.Second       // without a sign of life, seen at the ping nearest to it
	writeTimeout = 60 * time.Second       // for a peer to take one message
	closeGrace   = time.Second            // for a peer that is disconnected to close
	replaceGrace = 100 * time.Millisecond // the same, if its next connection waits for the slot

	messageTimeout = 2 * time.Minute // for a peer to send one message, since its first byte

	slowWrite = time.Second // a write that takes longer was held up by the peer
)

// socket is the WebSocket of one peer, served by two goroutines. read
// (inbound.go) runs in the one of serveVisit, which starts write (outbound.go)
// and waits for it.
type socket struct {
	conn      *websocket.Conn // is written to; what comes is read by in
	in        frames
	peer      *peer
	pool      *sync.Pool          // of *message with buffers for the largest frame allowed
	speeds    []*rate.Limiter     // of what the peer sends, beside that of its room
	throttled func(time.Duration) // is told when it has to wait for them
	turn      *turnService        // nil for none
	asks      *rate.Limiter       // for TURN servers

	writing    sync.Mutex    // is held by who writes to conn
	tcp        *net.TCPConn  // conn without its wrappers; nil if nothing may be written directly
	begun      *message      // written in part, or nil; under writing
	rest       []byte        // of begun; under writing
	direct     int           // messages written directly; under writing
	unfinished chan struct{} // tells the writer of begun

	pong   chan struct{} // a ping came; the writer answers
	joined atomic.Bool   // the peer is in a room

	passed   bool          // it comes through another node (passed.go)
	passing  atomic.Bool   // its room is at another node (pass.go)
	handover chan struct{} // closed when that node takes over from the writer

	born  time.Time
	heard atomic.Int64 // when the peer last gave a sign of life, in ns since born
	held  atomic.Bool  // read waits for the other peer, and so hears nothing
}

func newSocket(conn *websocket.Conn, pool *sync.Pool, throttled func(time.Duration)) *socket {
	s := &socket{
		conn: conn, tcp: tcpConn(conn.NetConn()), pool: pool, throttled: throttled,
		unfinished: make(chan struct{}, 1), pong: make(chan struct{}, 1), handover: make(chan struct{}), born: time.Now(),
		asks: rate.NewLimiter(rate.Limit(turnAsksPerMinute)/60, turnAsksBurst),
	}
	s.peer = newPeer(s.limitReads)
	if s.tcp != nil {
		s.peer.writeNow = s.writeNow
	}
	s.in = frames{conn: conn.NetConn(), control: s.heardControl, frame: frameHead{final: true}}
	return s
}

// heardControl takes a ping or a pong. It is called by read, which must never wait for
// a write.
func (s *socket) heardControl(opcode byte) {
	if opcode == websocket.PingMessage {
		select {
		case s.pong <- struct{}{}:
		default:
		}
	}
	s.alive()
}

// serve lets the peer join by calling join, and runs its loops until the
// connection has ended. If join returns a link, the peer's room is at the other end of
// that.
func (s *socket) serve(join func() *link) {
	var writer sync.WaitGroup
	writer.Go(s.write)
	if l := join(); l != nil {
		s.passing.Store(true)
		close(s.handover)
		writer.Wait()
		l.splice(s)
		return
	}
	room := s.peer.room
	if room != nil {
		s.joined.Store(true)
		defer room.leave(s.peer)
	}
	defer func() { // also after a panic
		close(s.peer.gone)
		_ = s.conn.Close()
		writer.Wait()
	}()
	if room != nil {
		s.hold(s.peer.announce)
	}
	s.read()
	if s.passed {
		// The node between ended its half, so the peer may still be there.
		s.peer.dismiss(wire.RoomClosing)
		stop := time.AfterFunc(closeGrace, func() { _ = s.conn.Close() })
		writer.Wait()
		stop.Stop()
	}
}

// alive notes a sign of life.
func (s *socket) alive() { s.heard.Store(int64(time.Since(s.born))) }

// timedOut reports whether a peer that could have given a sign of life did not.
// The writer asks, so that the peer's own slowness does not hold up its answers
// to pings.
func (s *socket) timedOut() bool {
	quiet := time.Since(s.born) - time.Duration(s.heard.Load())
	return !s.held.Load() && quiet > readTimeout-pingInterval/2
}

// limitReads gives read only this long until it ends.
func (s *socket) limitReads(rest time.Duration) { _ = s.conn.SetReadDeadline(time.Now().Add(rest)) }
