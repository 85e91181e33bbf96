package relay

import (
	"errors"
	"net"
	"os"
	"time"
)

// Where a peer's connection takes what the other peer sends as fast as it comes, the
// other peer's reader writes it there itself. Waking the writer for each message would
// take more than a quarter of the relay's time.
//
// Messages keep their order: a reader writes only if nothing else waits for the peer.
// What the connection does not take within directTime is left to its writer. Until the
// writer has sent it the reader waits, so that it writes again afterwards, but it can
// give up.

// directTime is how long a reader may wait for the other peer's connection.
const directTime = 20 * time.Millisecond

// tcpConn returns the TCP connection that conn is, apart from the relay's own
// wrappers, or nil. TLS is none: there, a write that is cut short ends the connection.
func tcpConn(conn net.Conn) *net.TCPConn {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			return c
		case interface{ unwrap() net.Conn }:
			conn = c.unwrap()
		default:
			return nil
		}
	}
}

// writeNow sends the peer a message, or its beginning, and leaves the rest to the
// writer. It returns false if something else has to be sent first.
func (s *socket) writeNow(m *message) bool {
	if !s.writing.TryLock() {
		return false
	}
	defer s.writing.Unlock()
	// Once the peer is dismissed the goodbye may have been said.
	if s.peer.pending.Load() > 0 || s.peer.dismissed() {
		return false
	}
	frame := m.webSocketFrame()
	_ = s.tcp.SetWriteDeadline(time.Now().Add(directTime))
	n, err := s.tcp.Write(frame)
	s.direct++
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.rest, s.begun = frame[n:], m
		s.peer.pending.Add(1)
		select {
		case s.unfinished <- struct{}{}:
		default: // the writer has yet to hear of one before, which it has finished
		}
		return true
	}
	m.release()
	if err != nil {
		_ = s.conn.Close() // which ends read
	}
	return true
}

// finish sends the rest of a message that was begun. It must be called before
// anything else is sent. The caller holds writing.
func (s *socket) finish() error {
	if s.begun == nil {
		return nil
	}
	err := s.sendBytes(s.rest)
	s.begun.release()
	s.begun, s.rest = nil, nil
	s.peer.pending.Add(-1)
	return err
}
