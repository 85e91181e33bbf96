//go:build !js

package rendezvous

import (
	"io"
	"time"

	"github.com/gorilla/websocket"
)

// controlTimeout is how long a ping or pong may take once it is its turn.
const controlTimeout = readTimeout

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
