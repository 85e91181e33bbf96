package session

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Which lane carries what. Only the carriers' traits decide, never their kind.

// directGrace is for how long an indirect lane waits for a direct one before it
// carries data.
const directGrace = 2 * time.Second

// best returns the lane for control messages, nil if none is up. s.mu is held.
func (s *Session) best() *Lane {
	var best *Lane
	for _, l := range s.lanes {
		if best == nil || l.traits.Rank > best.traits.Rank {
			best = l
		}
	}
	return best
}

// allowedKinds are the kinds of lanes that both peers allow. s.peer is set and
// s.mu is held.
func (s *Session) allowedKinds() wire.Lanes { return s.allowed & s.peer.Lanes }

// mayCarry reports whether a lane carries data now. Both peers must allow its
// kind. A direct lane in standby carries only if every direct lane is in standby,
// and an indirect one only if no direct lane is up. s.mu is held.
func (s *Session) mayCarry(l *Lane) bool {
	if s.peer == nil || s.allowedKinds()&l.traits.Kind == 0 {
		return false
	}
	if l.traits.Direct && !l.standby {
		return true
	}
	for _, other := range s.lanes {
		if !other.traits.Direct || s.allowedKinds()&other.traits.Kind == 0 {
			continue
		}
		if !l.traits.Direct || !other.standby {
			return false
		}
	}
	return l.traits.Direct || s.graceOver || !s.expectsDirect()
}

// expectsDirect reports whether a direct lane may still come up: both peers allow
// a kind that no indirect lane is of. s.mu is held.
func (s *Session) expectsDirect() bool {
	expected := s.allowedKinds()
	for _, l := range s.lanes {
		if !l.traits.Direct {
			expected &^= l.traits.Kind
		}
	}
	return expected != 0
}

// SetStandby puts a direct lane into standby, in which it carries no data while
// another direct lane does, or ends its standby. A lane in standby still carries
// control messages.
func (l *Lane) SetStandby(standby bool) {
	s := l.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.standby != standby {
		l.standby = standby
		s.broadcastChange()
	}
}

// AwaitActive waits until the lane may carry data. Errors: the lane's, ctx's.
func (l *Lane) AwaitActive(ctx context.Context) error { return l.awaitCarrying(ctx, true) }

// AwaitStandby waits until the lane may no longer carry data, because a better
// one does. Errors: the lane's, ctx's.
func (l *Lane) AwaitStandby(ctx context.Context) error { return l.awaitCarrying(ctx, false) }

func (l *Lane) awaitCarrying(ctx context.Context, carrying bool) error {
	s := l.session
	for {
		s.mu.Lock()
		now, changed := s.mayCarry(l), s.changed
		s.mu.Unlock()
		if err := l.Err(); err != nil {
			return err
		}
		if now == carrying {
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
