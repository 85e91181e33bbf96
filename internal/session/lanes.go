package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// What a Session does with its lanes: they come by Attach, at any time and in any
// number, and leave when they die.

// Attach adds a lane over a carrier. Both peers give the lane the same number, a
// LaneID that they use for no other lane. The session owns the carrier from then
// on, and closes it even if Attach fails.
func (s *Session) Attach(id uint32, c lane.Carrier) (*Lane, error) {
	s.mu.Lock()
	keys, known := s.keys[id>>16]
	err := s.err
	switch {
	case err != nil:
	case !known:
		err = fmt.Errorf("there are no keys for lane %#x", id)
	case slices.ContainsFunc(s.attached, func(l *Lane) bool { return l.id == id }):
		err = fmt.Errorf("lane %#x was there already", id) // its keys are used up
	}
	if err != nil {
		s.mu.Unlock()
		_ = c.Close()
		return nil, err
	}
	l := newLane(s, id, keys, c)
	l.standby = l.traits.Standby && slices.ContainsFunc(s.lanes, func(other *Lane) bool {
		return other.traits.Direct && other.traits.Rank > l.traits.Rank
	})
	now := int64(s.age())
	l.lastRead.Store(now)
	l.lastWrite.Store(now)
	s.lanes = append(s.lanes, l)
	s.attached = append(s.attached, l)
	s.broadcastChange()
	s.running.Go(l.read)
	s.running.Go(l.watch)
	s.running.Go(l.beat)
	s.mu.Unlock()
	s.wakeControl()
	return l, nil
}

// Attached returns the session's lane number n, counted from 0 in the order in
// which they were attached, and waits until there are as many.
func (s *Session) Attached(ctx context.Context, n int) (*Lane, error) {
	if err := s.await(ctx, func() bool { return len(s.attached) > n }); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attached[n], nil
}

// Lane returns the lane with a LaneID, dead or alive; nil if there was none.
func (s *Session) Lane(id uint32) *Lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.attached {
		if l.id == id {
			return l
		}
	}
	return nil
}

// Arrived is how many bytes of data records the other side has said to have, by
// whatever lane.
func (s *Session) Arrived() (n int64) {
	s.mu.Lock()
	lanes := slices.Clone(s.attached)
	s.mu.Unlock()
	for _, l := range lanes {
		n += l.Arrived()
	}
	return n
}

// AwaitLanes waits until cond holds of the kinds of lanes that are up.
func (s *Session) AwaitLanes(ctx context.Context, cond func(up wire.Lanes) bool) error {
	return s.await(ctx, func() bool {
		var up wire.Lanes
		for _, l := range s.lanes {
			up |= l.traits.Kind
		}
		return cond(up)
	})
}

// share returns what the lanes of a path share; nil if the path has no name. s.mu
// is held.
func (s *Session) share(path string) *share {
	if path == "" {
		return nil
	}
	if s.shares[path] == nil {
		s.shares[path] = newShare()
	}
	return s.shares[path]
}

// laneDied forgets a dead lane; what it may have swallowed of the control
// messages is sent again by the next one.
func (s *Session) laneDied(l *Lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lanes = slices.DeleteFunc(s.lanes, func(x *Lane) bool { return x == l })
	s.control.next = 0
	s.lastLane = l.err
	if errors.Is(l.err, io.EOF) {
		s.hurried = true
	}
	s.broadcastChange()
	s.wakeControl()
	if len(s.lanes) == 0 && s.err == nil {
		s.losses++
		loss := s.losses
		s.running.Go(func() { s.endIfAlone(loss) })
	}
}

// endIfAlone ends the session unless a lane comes up soon after the loss of that
// number. One that came up and was lost as well began another wait.
func (s *Session) endIfAlone(loss int) {
	timer := time.NewTimer(s.patience)
	defer timer.Stop()
	for {
		s.mu.Lock()
		alone, why, changed := len(s.lanes) == 0 && s.losses == loss, s.lastLane, s.changed
		s.mu.Unlock()
		if !alone {
			return
		}
		select {
		case <-changed:
		case <-s.done:
			return
		case <-timer.C:
			s.end(fmt.Errorf("%w: %w", ErrLost, why))
			return
		}
	}
}

func (s *Session) endGrace() {
	timer := time.NewTimer(directGrace)
	defer timer.Stop()
	select {
	case <-timer.C:
		s.mu.Lock()
		s.graceOver = true
		s.broadcastChange()
		s.mu.Unlock()
	case <-s.done:
	}
}

func (s *Session) silence() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hurried {
		return hurriedSilent
	}
	return laneSilence
}
