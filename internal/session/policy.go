package session

import (
	"context"
	"slices"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// directGrace is for how long an indirect lane waits for a direct one before it
// carries data.
const directGrace = 2 * time.Second

// laneSet is the lanes that are up, and decides which of them carry what. Only
// the carriers' traits matter. Their kinds are compared with what the peers
// allow, and nothing else. It is guarded by Session.mu.
type laneSet struct {
	up        []*Lane
	own, peer wire.Lanes // the kinds that each peer allows; peer is 0 until its Hello arrives
	graceOver bool
}

func (s *laneSet) remove(l *Lane) {
	s.up = slices.DeleteFunc(s.up, func(other *Lane) bool { return other == l })
}

// kinds returns the kinds of all lanes.
func (s *laneSet) kinds() (kinds wire.Lanes) {
	for _, l := range s.up {
		kinds |= l.traits.Kind
	}
	return kinds
}

// controlFollows is after how long without data on it a lane of a higher rank leaves
// control messages to a paced lane on which data comes.
const controlFollows = time.Second

// best returns the lane for control messages at a time, nil if none is up: that of the
// highest rank, unless the data has moved from it to a paced lane. Where data does not
// go, messages would be late.
func (s *laneSet) best(now time.Duration) *Lane {
	var best, paced *Lane
	for _, l := range s.up {
		if best == nil || l.traits.Rank > best.traits.Rank {
			best = l
		}
		if l.traits.Paced && !l.standby && (paced == nil || l.traits.Rank > paced.traits.Rank) {
			paced = l
		}
	}
	if best == nil || paced == nil || best.traits.Excludes(paced.traits) {
		return best
	}
	quiet := paced.heardData(now) && !best.heardData(now)
	if best.standby || quiet {
		return paced
	}
	return best
}

// heardData reports whether data has come on the lane lately.
func (l *Lane) heardData(now time.Duration) bool {
	at := time.Duration(l.lastData.Load())
	return at != 0 && now-at < controlFollows
}

// hasBetterDirect reports whether a direct lane of a higher rank is up.
func (s *laneSet) hasBetterDirect(l *Lane) bool {
	return slices.ContainsFunc(s.up, func(other *Lane) bool {
		return other.traits.Direct && other.traits.Rank > l.traits.Rank
	})
}

// allows reports whether both peers allow a lane to carry data.
func (s *laneSet) allows(l *Lane) bool { return s.own&s.peer&l.traits.Kind != 0 }

// mayCarry reports whether a lane carries data now. Both peers must allow its
// kind. An indirect lane carries only if no direct lane is up, and no indirect one of
// a higher rank. A lane in standby carries only if all like it are in standby.
func (s *laneSet) mayCarry(l *Lane) bool {
	if !s.allows(l) {
		return false
	}
	for _, other := range s.up {
		if !s.allows(other) {
			continue
		}
		if other.traits.Excludes(l.traits) {
			return false
		}
		if l.standby && !other.standby && !l.traits.Excludes(other.traits) {
			return false
		}
	}
	return l.traits.Direct || s.graceOver || !s.expectsDirect()
}

// expectsDirect reports whether a direct lane may still come up: the peers allow
// a kind that is not that of an indirect lane.
func (s *laneSet) expectsDirect() bool {
	expected := s.own & s.peer
	for _, l := range s.up {
		if !l.traits.Direct {
			expected &^= l.traits.Kind
		}
	}
	return expected != 0
}

// SetStandby puts a lane into standby, or ends its standby. In standby a lane carries
// no data while another one like it does, and control messages as before.
func (l *Lane) SetStandby(standby bool) {
	s := l.session
	s.mu.Lock()
	changed := l.standby != standby
	l.standby = standby
	s.mu.Unlock()
	if changed {
		s.changed.Broadcast()
		s.wakeControl()
	}
}

// AwaitActive waits until the lane may carry data. Errors: the lane's, ctx's.
func (l *Lane) AwaitActive(ctx context.Context) error { return l.awaitCarrying(ctx, true) }

// AwaitStandby waits until the lane may no longer carry data, because it is in
// standby or a direct lane took over. Errors: the lane's, ctx's.
func (l *Lane) AwaitStandby(ctx context.Context) error { return l.awaitCarrying(ctx, false) }

func (l *Lane) awaitCarrying(ctx context.Context, carrying bool) error {
	s := l.session
	for {
		changed := s.changed.Wait()
		s.mu.Lock()
		now := s.lanes.mayCarry(l)
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
