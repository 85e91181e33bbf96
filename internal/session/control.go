package session

import (
	"context"
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Bounds of the control stream.
const (
	maxUnacked   = 1 << 20 // bytes of messages sent and not acknowledged; more make Send wait
	maxEarly     = 2 << 20 // bytes of messages that came before one that is still on another lane
	ackDelay     = 15 * time.Millisecond
	ackEvery     = 32 // messages received before an acknowledgement is sent without delay
	inboxSize    = 256
	maxSignalBox = 256
)

// controlStream is the sending half's queue and the receiving half's order. All
// of it is guarded by Session.mu.
type controlStream struct {
	// Sending: queue[0] has the number base+1; the first next of them were
	// written to some lane that has not died since.
	queue  [][]byte
	base   uint64
	next   int
	queued int // bytes in queue

	// Receiving: all up to got were delivered; early ones wait for their turn.
	got        uint64
	early      map[uint64][]byte
	earlyBytes int
	unacked    int // delivered since the last acknowledgement that was sent
}

// Send queues a control message. It blocks while too many bytes of earlier ones
// are unacknowledged. The message is delivered as long as the session lives.
func (s *Session) Send(ctx context.Context, m []byte) error {
	if len(m) == 0 || len(m) > wire.MaxMessage {
		return fmt.Errorf("a control message of %d bytes", len(m))
	}
	for {
		s.mu.Lock()
		if s.err != nil {
			s.mu.Unlock()
			return s.err
		}
		if s.control.queued < maxUnacked {
			s.enqueue(m)
			s.mu.Unlock()
			return nil
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// enqueue appends m to the queue and wakes its writer; s.mu is held.
func (s *Session) enqueue(m []byte) {
	s.control.queue = append(s.control.queue, append([]byte(nil), m...))
	s.control.queued += len(m)
	s.wakeControl()
}

func (s *Session) wakeControl() {
	select {
	case s.controlWake <- struct{}{}:
	default:
	}
}

// Receive returns the next control message that is not the session's own.
func (s *Session) Receive(ctx context.Context) ([]byte, error) {
	select {
	case m := <-s.inbox:
		return m, nil
	default:
	}
	select {
	case m := <-s.inbox:
		return m, nil
	case <-s.done:
		select { // what was delivered before the end is still good
		case m := <-s.inbox:
			return m, nil
		default:
			return nil, s.Err()
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Broadcast sends a last message by every lane at once, behind all that is not
// acknowledged yet, so that one lane full of data cannot hold it up; then it
// waits like Farewell.
func (s *Session) Broadcast(ctx context.Context, m []byte) error {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return s.err
	}
	s.enqueue(m)
	var all []wire.Control
	for i, q := range s.control.queue {
		all = append(all, wire.Control{Seq: s.control.base + 1 + uint64(i), Ack: s.control.got, Message: q})
	}
	for _, l := range s.lanes {
		s.running.Go(func() {
			for _, c := range all {
				if l.sendControl(c) != nil {
					return
				}
			}
		})
	}
	last := s.control.base + uint64(len(s.control.queue))
	s.mu.Unlock()
	return s.await(ctx, func() bool { return s.control.base >= last || len(s.lanes) == 0 })
}

// Farewell sends a last message and waits until the other side has it, or until
// no lane is left to bring it over.
func (s *Session) Farewell(ctx context.Context, m []byte) error {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return s.err
	}
	s.enqueue(m)
	last := s.control.base + uint64(len(s.control.queue))
	s.mu.Unlock()
	return s.await(ctx, func() bool { return s.control.base >= last || len(s.lanes) == 0 })
}

// writeControl is the goroutine that puts queued messages and acknowledgements
// on the best lane there is.
func (s *Session) writeControl() {
	ackTimer := time.NewTimer(time.Hour)
	defer ackTimer.Stop()
	ackNow := false
	for {
		lane, c, wait := s.nextControl(ackNow)
		ackNow = false
		if lane != nil {
			_ = lane.sendControl(c) // a failure kills the lane, which rewinds the queue
			continue
		}
		ackTimer.Reset(wait)
		select {
		case <-s.controlWake:
		case <-ackTimer.C:
			ackNow = true
		case <-s.done:
			return
		}
	}
}

// nextControl picks what to write next and where. Without anything it returns
// how long an acknowledgement may wait.
func (s *Session) nextControl(ackNow bool) (*Lane, wire.Control, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.control
	lane := s.best()
	switch {
	case lane == nil:
		return nil, wire.Control{}, time.Hour
	case c.next < len(c.queue):
		m := wire.Control{Seq: c.base + 1 + uint64(c.next), Ack: c.got, Message: c.queue[c.next]}
		c.next++
		c.unacked = 0
		return lane, m, 0
	case c.unacked >= ackEvery || c.unacked > 0 && ackNow:
		c.unacked = 0
		return lane, wire.Control{Ack: c.got}, 0
	case c.unacked > 0:
		return nil, wire.Control{}, ackDelay
	}
	return nil, wire.Control{}, time.Hour
}

// takeControl takes in one control record: what it acknowledges, and its
// message when its turn comes.
func (s *Session) takeControl(m wire.Control) error {
	s.mu.Lock()
	if err := s.acknowledged(m.Ack); err != nil {
		s.mu.Unlock()
		return err
	}
	if m.Seq == 0 || m.Seq <= s.control.got {
		if m.Seq != 0 {
			s.control.unacked++ // a repeat: the acknowledgement may have been lost
			s.wakeControl()
		}
		s.mu.Unlock()
		return nil
	}
	if _, twice := s.control.early[m.Seq]; !twice {
		// What a message costs beside its bytes counts as well.
		if s.control.earlyBytes += len(m.Message) + 64; s.control.earlyBytes > maxEarly {
			s.mu.Unlock()
			return fmt.Errorf("%w: too many control messages out of order", wire.ErrMalformed)
		}
		s.control.early[m.Seq] = append([]byte(nil), m.Message...)
	}
	s.mu.Unlock()
	return s.deliver()
}

// deliver hands on the messages whose turn has come. One goroutine at a time
// does so, or two lanes could swap the order.
func (s *Session) deliver() error {
	s.delivering.Lock()
	defer s.delivering.Unlock()
	for {
		s.mu.Lock()
		m, ok := s.control.early[s.control.got+1]
		if ok {
			delete(s.control.early, s.control.got+1)
			s.control.earlyBytes -= len(m) + 64
			s.control.got++
			s.control.unacked++
			s.wakeControl()
		}
		s.mu.Unlock()
		if !ok {
			return nil
		}
		if err := s.dispatch(m); err != nil {
			return err
		}
	}
}

// dispatch keeps the session's own messages and puts the rest into the inbox.
func (s *Session) dispatch(m []byte) error {
	switch t, _ := wire.TypeOf(m); t {
	case wire.TypeHello:
		h, err := wire.ParseHello(m)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.peer = &h
		s.broadcastChange()
		s.mu.Unlock()
		return nil
	case wire.TypeSignal:
		sig, err := wire.ParseSignal(m)
		if err != nil {
			return err
		}
		select {
		case s.signals <- sig:
			return nil
		case <-s.done:
			return s.Err()
		}
	}
	select {
	case s.inbox <- m:
		return nil
	case <-s.done:
		return s.Err()
	}
}

// acknowledged drops what the other side has; s.mu is held.
func (s *Session) acknowledged(ack uint64) error {
	c := &s.control
	if ack > c.base+uint64(len(c.queue)) {
		return fmt.Errorf("%w: an acknowledgement of a message that was never sent", wire.ErrMalformed)
	}
	if ack <= c.base {
		return nil
	}
	n := int(ack - c.base)
	for _, m := range c.queue[:n] {
		c.queued -= len(m)
	}
	c.queue = append(c.queue[:0:0], c.queue[n:]...)
	c.base = ack
	c.next = max(0, c.next-n)
	s.broadcastChange()
	return nil
}

func (s *Session) received() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.control.got
}
