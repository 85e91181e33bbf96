package session

import (
	"context"
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Control messages travel on the best lane, numbered, and are acknowledged. What
// follows connects the two halves of the stream (controlsend.go and
// controlreceive.go) to the lanes.

const (
	ackDelay   = 15 * time.Millisecond // how long an acknowledgement waits for a message to go with
	ackEvery   = 32                    // messages received before an acknowledgement is sent at once
	inboxSize  = 256                   // messages that wait for Receive
	maxSignals = 256                   // signals that wait for Signal
)

// Send queues a control message. It blocks while too many bytes of earlier
// messages are unacknowledged. The message is delivered if the session lives long
// enough.
func (s *Session) Send(ctx context.Context, m []byte) error {
	if len(m) == 0 || len(m) > wire.MaxMessage {
		return fmt.Errorf("a control message of %d bytes", len(m))
	}
	for {
		changed := s.changed.Wait()
		if err := s.Err(); err != nil {
			return err
		}
		if s.outgoing.tryAppend(m) {
			s.wakeControl()
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// SendAndWait sends a control message, and returns when the peer has received it
// or when no lane is up.
func (s *Session) SendAndWait(ctx context.Context, m []byte) error {
	if err := s.Err(); err != nil {
		return err
	}
	seq := s.outgoing.append(m)
	s.wakeControl()
	return s.awaitAck(ctx, seq)
}

// SendOnAllLanes is SendAndWait by every lane at once, so that a lane full of data
// cannot delay the message. Each lane also carries all earlier messages that are
// not acknowledged.
func (s *Session) SendOnAllLanes(ctx context.Context, m []byte) error {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return s.err
	}
	seq := s.outgoing.append(m)
	all := s.outgoing.unacknowledged()
	for i := range all {
		all[i].Ack = s.incoming.last()
	}
	for _, l := range s.lanes.up {
		s.running.Go(func() {
			for _, c := range all {
				if l.sendControl(c) != nil {
					return
				}
			}
		})
	}
	s.mu.Unlock()
	s.wakeControl()
	return s.awaitAck(ctx, seq)
}

// awaitAck waits until message seq is acknowledged or no lane is up.
func (s *Session) awaitAck(ctx context.Context, seq uint64) error {
	return s.await(ctx, func() bool { return s.outgoing.acknowledged(seq) || len(s.lanes.up) == 0 })
}

// Receive returns the next control message. Those of the session itself are not
// among them.
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
		select { // messages delivered before the end are still valid
		case m := <-s.inbox:
			return m, nil
		default:
			return nil, s.Err()
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Session) wakeControl() {
	select {
	case s.controlWake <- struct{}{}:
	default:
	}
}

// writeControl is the goroutine that sends queued messages and acknowledgements
// on the best lane.
func (s *Session) writeControl() {
	ackTimer := time.NewTimer(time.Hour)
	defer ackTimer.Stop()
	ackNow := false
	for {
		l, c, wait := s.nextControl(ackNow)
		ackNow = false
		if l != nil {
			if l.sendControl(c) != nil {
				s.outgoing.rewind() // the lane may have died before c was taken
			}
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

// nextControl chooses what to send next and on which lane. If there is nothing to
// send it returns no lane, and how long an acknowledgement may wait.
func (s *Session) nextControl(ackNow bool) (*Lane, wire.Control, time.Duration) {
	s.mu.Lock()
	best := s.lanes.best(s.age())
	moved := best != s.controlLane && best != nil && best.traits.Paced
	s.controlLane = best
	s.mu.Unlock()
	if moved {
		s.outgoing.rewind() // what waits on the lane before would be late
	}
	if best == nil {
		return nil, wire.Control{}, time.Hour
	}
	if m, ok := s.outgoing.next(); ok {
		m.Ack = s.incoming.takeAck()
		return best, m, 0
	}
	switch unacked := s.incoming.unacknowledged(); {
	case unacked >= ackEvery || unacked > 0 && ackNow:
		return best, wire.Control{Ack: s.incoming.takeAck()}, 0
	case unacked > 0:
		return nil, wire.Control{}, ackDelay
	}
	return nil, wire.Control{}, time.Hour
}

// takeControl processes a control record: its acknowledgement, and its message
// once all earlier ones have arrived.
func (s *Session) takeControl(m wire.Control) error {
	if err := s.outgoing.acknowledge(m.Ack); err != nil {
		return err
	}
	if m.Seq == 0 {
		return nil
	}
	fresh, err := s.incoming.accept(m.Seq, m.Message)
	if err != nil {
		return err
	}
	if !fresh {
		s.wakeControl() // the acknowledgement may have been lost
		return nil
	}
	return s.deliver()
}

// deliver hands on all messages that are next in order. Only one goroutine at a
// time does so, or two lanes could swap messages.
func (s *Session) deliver() error {
	s.delivering.Lock()
	defer s.delivering.Unlock()
	for {
		m, ok := s.incoming.next()
		if !ok {
			return nil
		}
		s.wakeControl()
		if err := s.dispatch(m); err != nil {
			return err
		}
	}
}

// dispatch keeps the session's own messages and puts the others into the inbox.
func (s *Session) dispatch(m []byte) error {
	switch t, _ := wire.TypeOf(m); t {
	case wire.TypeHello:
		h, err := wire.ParseHello(m)
		if err != nil {
			return err
		}
		s.setPeer(h)
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
