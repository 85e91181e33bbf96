package relay

import (
	"errors"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/tallow-transfer/tallow/internal/wire"
)

var (
	errTooLarge = errors.New("message too large")
	errTooSlow  = errors.New("message too slow")
)

// read handles the peer's messages, one after the other, until the connection
// ends. It discards those of a peer that is being disconnected, because a socket
// that is closed with unread bytes loses what was written to it last.
func (s *socket) read() {
	for {
		kind, err := s.in.next()
		if err != nil {
			if websocket.IsCloseError(err, websocket.CloseNormalClosure) && !s.peer.dismissed() {
				s.peer.goodbye.Store(true)
			}
			return
		}
		s.alive()
		if s.peer.dismissed() {
			continue
		}
		if kind != websocket.BinaryMessage {
			s.peer.dismiss(wire.RoomMalformed)
			continue
		}
		m := s.pool.Get().(*message)
		err = s.fill(m)
		switch {
		case errors.Is(err, errTooLarge):
			s.peer.dismiss(wire.RoomTooLarge)
			m.release()
		case err != nil:
			m.release()
			return
		default:
			s.handle(m)
		}
	}
}

// fill reads a whole message into m. Its buffer is a byte longer than the largest
// message.
func (s *socket) fill(m *message) error {
	buf := m.space()
	begin := time.Now()
	n, err := s.in.body(buf, func() error {
		if time.Since(begin) > messageTimeout {
			return errTooSlow
		}
		s.alive()
		return nil
	})
	m.frame = buf[:n]
	return err
}

// handle does what a message says. It releases the message or passes it on.
func (s *socket) handle(m *message) {
	kind, err := wire.ParseRoomKind(m.frame)
	switch {
	case err == nil && kind == wire.RoomForwardKind:
		s.forward(m)
		return
	case err == nil && kind == wire.RoomBurnKind && s.hasCode():
		s.peer.room.burn()
	case err == nil && kind == wire.RoomCloseKind && s.hasCode():
		s.hold(func() { s.peer.room.withdraw(s.peer) })
	case err == nil && kind == wire.RoomAskTURNKind && s.turn != nil:
		s.hold(s.answerTURN)
	default:
		s.peer.dismiss(wire.RoomMalformed)
	}
	m.release()
}

// hasCode reports whether the peer is the sender of a code, who may burn it.
func (s *socket) hasCode() bool { return s.peer.role == sender && !s.peer.room.resumes() }

// forward passes a message on to the other peer, as fast as that takes it. If
// there is none, the message is lost.
func (s *socket) forward(m *message) {
	s.hold(func() {
		s.throttle(len(m.frame))
		if other := s.peer.room.slots[s.peer.role.other()].Load(); other != nil {
			if !s.peer.room.heard.Load() {
				s.peer.room.heard.Store(true)
			}
			if !s.peer.spoke.Load() {
				s.peer.spoke.Store(true)
			}
			if s.peer.room.count(len(m.frame) - 1) { // without the kind
				other.deliver(m, s.peer.out)
			} else {
				m.release()
			}
		} else {
			m.release()
		}
	})
}

// hold calls a function that may wait for the other peer. Meanwhile nothing is
// read from this one.
func (s *socket) hold(wait func()) {
	s.held.Store(true)
	wait()
	s.alive()
	s.held.Store(false)
}

// throttle waits until the peer may send n bytes more by all limits that it is
// under.
func (s *socket) throttle(n int) {
	var delay time.Duration
	now := time.Now()
	reserve := func(speed *rate.Limiter) {
		if speed != nil {
			delay = max(delay, speed.ReserveN(now, n).DelayFrom(now))
		}
	}
	for _, speed := range s.speeds {
		reserve(speed)
	}
	if room := s.peer.room; room != nil { // else the room's home does that
		reserve(room.speed)
	}
	if delay <= 0 {
		return
	}
	s.throttled(delay)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.peer.out:
	}
}
