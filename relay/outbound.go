package relay

import (
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// write sends the peer its messages, pings it, and answers its pings, until the
// connection ends or the peer is dismissed. Only the other peer's reader writes to the
// socket beside it (direct.go).
func (s *socket) write() {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-s.peer.gone:
			return
		case <-s.handover:
			return
		case <-s.peer.out:
			if s.flush() == nil {
				s.goodbye()
			}
			return
		case m := <-s.peer.queue:
			err = s.pass(m)
		case <-s.unfinished:
			err = s.exclusively(func() error { return nil })
		case <-ticker.C:
			if s.timedOut() {
				_ = s.conn.Close()
				return
			}
			err = s.control(websocket.PingMessage)
		case <-s.pong:
			err = s.control(websocket.PongMessage)
		}
		if err != nil {
			_ = s.conn.Close() // which ends read
			return
		}
		s.peer.hasSent()
	}
}

// pass sends the peer a message of its queue.
func (s *socket) pass(m *message) error {
	err := s.send(m)
	s.peer.pending.Add(-1)
	if m.last {
		s.peer.dismiss(0)
	}
	m.release()
	return err
}

// flush sends what was queued before the peer was dismissed: it may be why the
// other peer, and perhaps the relay with it, ends. It takes no longer than the
// connection lives, of which limitReads sees the end.
func (s *socket) flush() error {
	for {
		select {
		case m := <-s.peer.queue:
			if err := s.pass(m); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// exclusively calls a function that writes a frame, when no other is being written.
func (s *socket) exclusively(write func() error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.finish(); err != nil {
		return err
	}
	return write()
}

func (s *socket) send(m *message) error {
	return s.exclusively(func() error { return s.sendBytes(m.webSocketFrame()) })
}

// sendBytes sends frames, or the rest of one. The caller holds writing.
func (s *socket) sendBytes(b []byte) error {
	return s.timed(func(deadline time.Time) error {
		conn := s.conn.NetConn()
		_ = conn.SetWriteDeadline(deadline)
		_, err := conn.Write(b)
		return err
	})
}

func (s *socket) control(kind int) error {
	return s.exclusively(func() error {
		return s.timed(func(deadline time.Time) error { return s.conn.WriteControl(kind, nil, deadline) })
	})
}

// timed gives a write its deadline. A long write that succeeds is a sign of life:
// pings had to wait for it.
func (s *socket) timed(write func(deadline time.Time) error) error {
	begin := time.Now()
	err := write(begin.Add(writeTimeout))
	if err == nil && time.Since(begin) > slowWrite {
		s.alive()
	}
	return err
}

// goodbye tells a peer why it is disconnected, and closes the WebSocket.
func (s *socket) goodbye() {
	code := websocket.CloseNormalClosure
	if reason := s.peer.reason; reason != 0 {
		code = websocket.ClosePolicyViolation
		why := wire.RoomError{Code: reason, Retry: s.peer.retry, Message: explain(reason)}
		if s.send(&message{frame: why.Append(nil)}) != nil {
			return
		}
	}
	_ = s.exclusively(func() error {
		return s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(closeGrace))
	})
}

// explain returns a sentence that says why a peer is refused or disconnected.
func explain(code wire.RoomErrorCode) string {
	switch code {
	case wire.RoomUnknown:
		return "No room has this nameplate."
	case wire.RoomFull:
		return "The room is taken, or the relay has no room left."
	case wire.RoomUsed:
		return "The code has been used; a code works once."
	case wire.RoomTooLarge:
		return "The message is larger than this relay allows."
	case wire.RoomRate:
		return "Too many attempts from your address, or for this code; wait before you try again."
	case wire.RoomQuota:
		return "Your address, or your password, has as many codes or connections here as it may have at a time."
	case wire.RoomPassword:
		return "This relay asks for a password, and this one is missing or wrong."
	case wire.RoomDenied:
		return "This relay does not serve your address."
	case wire.RoomBusy:
		return "The relay has as many connections as it can serve."
	case wire.RoomUnavailable:
		return "The relay cannot reach what it needs for this; try again in a few seconds."
	case wire.RoomExhausted:
		return "This relay does not pass on more for one pair of machines."
	case wire.RoomExpired:
		return "Nobody came in time."
	case wire.RoomClosing:
		return "The relay is shutting down."
	case wire.RoomTicket:
		return "The ticket does not belong to this room."
	case wire.RoomReplaced:
		return "You have connected again, and this is the older connection."
	case wire.RoomIdle:
		return "You sent nothing in time."
	case wire.RoomWrongVersion:
		return fmt.Sprintf("This relay speaks version %d of the room protocol, and takes nothing in the URL; update tallow.", wire.RoomVersion)
	case wire.RoomWithdrawn:
		return "The sender has given up."
	default:
		return "The message or request is malformed."
	}
}
