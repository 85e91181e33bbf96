package relay

import (
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// write sends the peer its messages, pings it, and answers its pings, until the
// connection ends or the peer is put out. Everything that is written to the
// socket is written here.
func (s *socket) write() {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-s.peer.gone:
			return
		case <-s.peer.out:
			s.farewell()
			return
		case m := <-s.peer.queue:
			err = s.send(m.frame)
			if m.last {
				s.peer.dismiss(0)
			}
			m.release()
		case <-ticker.C:
			if s.silent() {
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
	}
}

func (s *socket) send(frame []byte) error {
	return s.timed(func(deadline time.Time) error {
		_ = s.conn.SetWriteDeadline(deadline)
		return s.conn.WriteMessage(websocket.BinaryMessage, frame)
	})
}

func (s *socket) control(kind int) error {
	return s.timed(func(deadline time.Time) error { return s.conn.WriteControl(kind, nil, deadline) })
}

// timed gives a write its deadline. One that took long, and then worked, is a
// sign of life, and pings had to wait for it.
func (s *socket) timed(write func(deadline time.Time) error) error {
	begin := time.Now()
	err := write(begin.Add(stall))
	if err == nil && time.Since(begin) > slowWrite {
		s.alive()
	}
	return err
}

// farewell tells a peer why it is put out, and that the connection ends.
func (s *socket) farewell() {
	code := websocket.CloseNormalClosure
	if verdict := s.peer.verdict; verdict != 0 {
		code = websocket.ClosePolicyViolation
		if s.send(wire.RoomError{Code: verdict, Message: explain(verdict)}.Append(nil)) != nil {
			return
		}
	}
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(linger))
}

// explain says in a sentence why a peer is refused or put out.
func explain(code wire.RoomErrorCode) string {
	switch code {
	case wire.RoomUnknown:
		return "No room has this nameplate."
	case wire.RoomFull:
		return "That seat of the room is taken, or the relay has no room left."
	case wire.RoomUsed:
		return "The code has been used; a code works once."
	case wire.RoomTooLarge:
		return "The message is larger than this relay allows."
	case wire.RoomRate:
		return "Too many attempts from your address; wait a minute."
	case wire.RoomExpired:
		return "Nobody came in time."
	case wire.RoomClosing:
		return "The relay is shutting down."
	case wire.RoomTicket:
		return "The ticket does not belong to this room."
	case wire.RoomReplaced:
		return "You have connected again, and this is the older connection."
	default:
		return "The message or request is malformed."
	}
}
