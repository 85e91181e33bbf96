package transfer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// lanes starts a pump for each lane that comes up.
func (s *sender) lanes(ctx context.Context) error {
	for {
		l, err := s.session.Attached(ctx)
		if err != nil {
			return err
		}
		s.start(func(ctx context.Context) error { return s.pump(ctx, l) })
	}
}

// withdrawAfter is how long a lane in standby may take to deliver what it has taken. What
// is left then goes to other lanes.
const withdrawAfter = 300 * time.Millisecond

// errWithdrawn ends the sending of a unit on a lane that is in standby.
var errWithdrawn = errors.New("the lane is in standby")

// pump sends units on one lane until the lane dies or the transfer ends.
func (s *sender) pump(ctx context.Context, l Lane) error {
	s.mu.Lock()
	s.liveLanes = append(s.liveLanes, l)
	s.mu.Unlock()
	p := &pump{sender: s, lane: l, compressor: newCompressor(s.o.Compress)}
	watching := make(chan struct{})
	ctx, stop := context.WithCancelCause(ctx)
	go func() {
		defer close(watching)
		p.watchStandby(ctx)
	}()
	defer func() {
		stop(nil)
		<-watching
		s.mu.Lock()
		s.liveLanes = slices.DeleteFunc(s.liveLanes, func(x Lane) bool { return x == l })
		s.mu.Unlock()
		s.queue.requeue(l)
	}()
	for {
		if err := l.AwaitActive(ctx); err != nil {
			return context.Cause(ctx) // nil if only the lane died
		}
		if err := s.o.Pause.wait(ctx); err != nil {
			return err
		}
		more, err := p.sendOne(ctx)
		switch {
		case errors.Is(err, errWithdrawn):
			s.queue.requeue(l)
		case err != nil:
			return context.Cause(ctx)
		case !more:
			return nil
		}
	}
}

// pump is what one lane does.
type pump struct {
	sender     *sender
	lane       Lane
	compressor *compressor

	mu     sync.Mutex
	cancel context.CancelCauseFunc // ends sendOne; nil while that does not run
}

// sendOne waits for a unit and sends it. It returns false if the lane died meanwhile, and
// errWithdrawn if it was withdrawn.
func (p *pump) sendOne(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.setCancel(cancel)
	defer p.setCancel(nil)
	u, err := p.sender.queue.pop(ctx, p.lane)
	if err != nil || u == nil {
		return false, err
	}
	err = p.sender.transmit(ctx, p.lane, p.compressor, u)
	p.sender.queue.finished(u)
	if err != nil && errors.Is(context.Cause(ctx), errWithdrawn) {
		return true, errWithdrawn
	}
	return true, err
}

func (p *pump) setCancel(cancel context.CancelCauseFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cancel = cancel
}

// watchStandby withdraws the lane each time that it is in standby for long.
func (p *pump) watchStandby(ctx context.Context) {
	for {
		if p.lane.AwaitStandby(ctx) != nil {
			return
		}
		delay, cancel := context.WithTimeout(ctx, withdrawAfter)
		again := p.lane.AwaitActive(delay) == nil
		cancel()
		if again {
			continue
		}
		select {
		case <-p.lane.Done():
			return
		default:
		}
		if ctx.Err() != nil {
			return
		}
		p.withdraw()
		if p.lane.AwaitActive(ctx) != nil {
			return
		}
	}
}

// withdraw gives what the lane has not delivered to others.
func (p *pump) withdraw() {
	p.mu.Lock()
	if p.cancel != nil {
		p.cancel(errWithdrawn)
	}
	p.mu.Unlock()
	p.sender.queue.requeue(p.lane)
}

// transmit sends the records of a unit.
func (s *sender) transmit(ctx context.Context, l Lane, c *compressor, u *unit) error {
	if u.packed != nil {
		return s.record(ctx, l, u, int(u.packedPayload), u.packed)
	}
	c.block(s.expands.Load())
	for start := 0; start < len(u.block.Payload); start += wire.MaxSegment {
		n := min(wire.MaxSegment, len(u.block.Payload)-start)
		if err := s.segment(ctx, l, c, u, start, n); err != nil {
			return err
		}
	}
	return nil
}

// segment sends n bytes of a block, compressed if that is worth it. Otherwise their
// header is written over the bytes before them, which are restored afterwards.
func (s *sender) segment(ctx context.Context, l Lane, c *compressor, u *unit, start, n int) error {
	seg := u.block
	seg.Offset += int64(start)
	if packed := c.compress(seg, u.block.Payload[start:start+n]); packed != nil {
		return c.timed(len(packed), func() error { return s.record(ctx, l, u, n, packed) })
	}
	plaintext := (*u.buf)[headroom+start-wire.SegmentHeader : headroom+start+n]
	before := [wire.SegmentHeader]byte(plaintext)
	defer copy(plaintext, before[:])
	seg.AppendHeader(plaintext[:0], n)
	return c.timed(len(plaintext), func() error { return s.record(ctx, l, u, n, plaintext) })
}

// record sends one record of a unit as soon as the limit allows it. payload is how
// many bytes of files it has.
func (s *sender) record(ctx context.Context, l Lane, u *unit, payload int, plaintext []byte) error {
	if err := s.limit.wait(ctx, l, s.o.Pause, payload); err != nil {
		return err
	}
	if err := l.SendData(ctx, plaintext); err != nil {
		return err
	}
	s.o.Progress.sentBy(l.Kind()).Add(int64(payload))
	s.queue.took(u, int64(payload))
	return nil
}

// unverified returns how many bytes have arrived of blocks that the peer has not
// acknowledged: those that lanes have taken, and that are not in flight any more.
func (s *sender) unverified() int64 {
	n := s.queue.underWay()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.liveLanes {
		n -= l.InFlight()
	}
	return max(n, 0)
}
