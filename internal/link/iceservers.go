package link

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// turnTimeout bounds the wait for a credential. A connection then does without
// TURN.
const turnTimeout = 3 * time.Second

// setICEServers takes the servers of the relay of a new room. Its credential for
// TURN is asked for at once, so that it is there when it is needed.
func (l *Link) setICEServers(room *rendezvous.Room) {
	l.mu.Lock()
	l.room = room
	l.mu.Unlock()
	if l.config.Lanes&wire.LaneWebRTC != 0 {
		l.wg.Go(func() { _, _ = room.TURN(l.ctx) })
	}
}

// iceServers returns the servers that the relay of the newest room offers.
func (l *Link) iceServers(ctx context.Context) (all []webrtc.ICEServer) {
	l.mu.Lock()
	room := l.room
	l.mu.Unlock()
	if room.STUN() != "" && !l.config.Private {
		all = append(all, webrtc.ICEServer{Address: room.STUN()})
	}
	turn := l.turn(ctx, room)
	for _, s := range turn.Servers {
		all = append(all, webrtc.ICEServer{
			Address: s.Address, Transport: s.Transport, Username: turn.Username, Password: turn.Password,
		})
	}
	return all
}

// turn returns the TURN servers of a room, none if the relay does not answer.
func (l *Link) turn(ctx context.Context, room *rendezvous.Room) rendezvous.TURN {
	answer := make(chan rendezvous.TURN, 1)
	l.wg.Go(func() {
		// The context of a request that is being written must not end, or the room would.
		if t, err := room.TURN(l.ctx); err == nil {
			answer <- t
			return
		}
		answer <- rendezvous.TURN{}
	})
	timer := time.NewTimer(turnTimeout)
	defer timer.Stop()
	select {
	case t := <-answer:
		return t
	case <-timer.C:
		l.config.Logger.Debug("the relay gives no TURN servers")
	case <-ctx.Done():
	}
	return rendezvous.TURN{}
}

// hasTURN reports whether one of the servers relays.
func hasTURN(all []webrtc.ICEServer) bool {
	for _, s := range all {
		if s.IsTURN() {
			return true
		}
	}
	return false
}
