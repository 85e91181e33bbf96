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
	l.standby = l.traits.Standby && s.lanes.hasBetterDirect(l)
	s.lanes.up = append(s.lanes.up, l)
	s.attached = append(s.attached, l)
	s.running.Go(l.read)
	s.running.Go(l.watch)
	s.running.Go(l.keepAlive)
	l.several.start(l)
	s.mu.Unlock()
	s.changed.Broadcast()
	s.wakeControl()
	return l, nil
}

// pathWindow returns the congestion window that the lanes of a path share; nil if
// the path has no name. s.mu is held.
func (s *Session) pathWindow(path string) *pathWindow {
	if path == "" {
		return nil
	}
	if s.paths[path] == nil {
		s.paths[path] = newPathWindow()
	}
	return s.paths[path]
}

// Attached returns lane number n, counted from 0 in the order in which they were
// attached, dead or alive. It waits until there are as many.
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

// Up returns the lanes of a kind that are alive.
func (s *Session) Up(kind wire.Lanes) (all []*Lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lanes.up {
		if l.traits.Kind == kind {
			all = append(all, l)
		}
	}
	return all
}

// Delivered returns how many bytes of data records the peer has reported as
// received, on all lanes together.
func (s *Session) Delivered() (n int64) {
	s.mu.Lock()
	lanes := slices.Clone(s.attached)
	s.mu.Unlock()
	for _, l := range lanes {
		n += l.window.deliveredBytes()
	}
	return n
}

// AwaitLanes waits until cond returns true for the kinds of lanes that are up.
func (s *Session) AwaitLanes(ctx context.Context, cond func(up wire.Lanes) bool) error {
	return s.await(ctx, func() bool { return cond(s.lanes.kinds()) })
}

// laneDied removes a dead lane. Control messages that it may have lost are sent
// again on the next one. If it was the last, and was refused for good, the session
// ends.
func (s *Session) laneDied(l *Lane) {
	s.outgoing.rewind()
	s.mu.Lock()
	s.lanes.remove(l)
	s.lastLane = l.err
	if errors.Is(l.err, io.EOF) {
		s.leaving = true
	}
	refused := len(s.lanes.up) == 0 && errors.Is(l.err, lane.ErrRefused)
	if len(s.lanes.up) == 0 && s.err == nil && !refused {
		s.losses++
		loss := s.losses
		s.running.Go(func() { s.endUnlessReconnected(loss) })
	}
	s.mu.Unlock()
	if refused {
		s.end(l.err)
	}
	s.changed.Broadcast()
	s.wakeControl()
}

// endUnlessReconnected ends the session unless a lane comes up within the
// reconnect timeout after the loss with that number. If such a lane was lost as
// well that was another loss, with a timeout of its own.
func (s *Session) endUnlessReconnected(loss int) {
	timer := time.NewTimer(s.reconnectTimeout)
	defer timer.Stop()
	for {
		changed := s.changed.Wait()
		s.mu.Lock()
		lost, why := len(s.lanes.up) == 0 && s.losses == loss, s.lastLane
		s.mu.Unlock()
		if !lost {
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

// endGrace ends the time in which indirect lanes wait for direct ones.
func (s *Session) endGrace() {
	timer := time.NewTimer(directGrace)
	defer timer.Stop()
	select {
	case <-timer.C:
		s.mu.Lock()
		s.lanes.graceOver = true
		s.mu.Unlock()
		s.changed.Broadcast()
	case <-s.done:
	}
}
