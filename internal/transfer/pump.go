package transfer

import (
	"context"
	"slices"

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

// pump sends units on one lane until the lane dies or the transfer ends.
func (s *sender) pump(ctx context.Context, l Lane) error {
	s.mu.Lock()
	s.liveLanes = append(s.liveLanes, l)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.liveLanes = slices.DeleteFunc(s.liveLanes, func(x Lane) bool { return x == l })
		s.mu.Unlock()
		s.queue.requeue(l)
	}()
	c := newCompressor(s.o.Compress)
	for {
		if err := l.AwaitActive(ctx); err != nil {
			return context.Cause(ctx) // nil if only the lane died
		}
		if err := s.o.Pause.wait(ctx); err != nil {
			return err
		}
		u, err := s.queue.pop(ctx, l)
		if err != nil || u == nil {
			return err
		}
		err = s.transmit(ctx, l, c, u)
		s.queue.finished(u)
		if err != nil {
			return context.Cause(ctx)
		}
	}
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
