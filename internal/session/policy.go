package session

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// relayGrace is how long direct lanes have to come up before the relayed lane
// carries data.
const relayGrace = 2 * time.Second

// rank orders lanes: the higher the better.
func rank(kind wire.Lanes) int {
	switch kind {
	case wire.LaneTCP:
		return 3
	case wire.LaneWebRTC:
		return 2
	}
	return 1
}

// best is the lane for control messages, nil if none is up; s.mu is held.
func (s *Session) best() *Lane {
	var best *Lane
	for _, l := range s.lanes {
		if best == nil || rank(l.kind) > rank(best.kind) {
			best = l
		}
	}
	return best
}

// mayCarry says whether a lane carries data now: both sides allow its kind,
// the relayed lane only where nothing direct is up, and one that rests only where
// every direct lane does; s.mu is held.
func (s *Session) mayCarry(l *Lane) bool {
	if s.peer == nil || s.allowed&s.peer.Lanes&l.kind == 0 {
		return false
	}
	if l.kind != wire.LaneRelay && !l.resting {
		return true
	}
	for _, other := range s.lanes {
		if other.kind == wire.LaneRelay || s.allowed&s.peer.Lanes&other.kind == 0 {
			continue
		}
		if l.kind == wire.LaneRelay || !other.resting {
			return false
		}
	}
	if l.kind != wire.LaneRelay {
		return true
	}
	direct := s.allowed & s.peer.Lanes &^ wire.LaneRelay
	return direct == 0 || s.graceOver
}

// Rest has a direct lane carry no more data, or has it carry again. It stays up
// for control messages, and for data should no other direct lane be left.
func (l *Lane) Rest(rest bool) {
	s := l.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.resting != rest {
		l.resting = rest
		s.broadcastChange()
	}
}

// Ready waits until the lane may carry data.
func (l *Lane) Ready(ctx context.Context) error { return l.awaitTurn(ctx, true) }

// Relieved waits until the lane may no longer carry data.
func (l *Lane) Relieved(ctx context.Context) error { return l.awaitTurn(ctx, false) }

func (l *Lane) awaitTurn(ctx context.Context, carries bool) error {
	s := l.session
	for {
		s.mu.Lock()
		now, changed := s.mayCarry(l), s.changed
		s.mu.Unlock()
		if err := l.Err(); err != nil {
			return err
		}
		if now == carries {
			return nil
		}
		select {
		case <-changed:
		case <-l.done:
			return l.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
