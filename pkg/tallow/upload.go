package tallow

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/transfer"
)

const (
	// partsInFlight bounds the parts that are sealed and not stored yet. Each takes
	// 8.4 MB of memory. Of larger parts there are fewer, each in a file.
	partsInFlight      = 4
	largePartsInFlight = 2
	// slowLimit is the limit, in bytes a second, below which parts go one at a time.
	// Several would each get so little that the relay takes them for dead.
	slowLimit = 1 << 20
	// maxPieceSize and minPieceSize bound what is sent between two looks at the limit.
	maxPieceSize, minPieceSize = 16 << 10, 256
)

// upload puts the parts of a container: part 0 is the header, the offer and the first
// segments, every other one as many segments as the relay has said. It is a
// container.Sink.
type upload struct {
	s       *storing
	ctx     context.Context
	cancel  context.CancelCauseFunc
	slots   chan *partBuffer // nil if one is not made yet
	buffers []*partBuffer    // that were made
	filling *partBuffer      // gets the next segment; nil if the next one begins a part
	work    sync.WaitGroup
	pace    storeclient.Pace
	stop    func() // of the goroutine that tells of pauses
	parts   int    // there are so far

	inFlight atomic.Int64 // bytes of parts that are not stored yet
	mu       sync.Mutex   // of the expiry, and of Bytes and There
}

func (s *storing) newUpload(ctx context.Context) *upload {
	u := &upload{s: s}
	u.ctx, u.cancel = context.WithCancelCause(ctx)
	t, limit := s.run, s.o.LimitRate
	throttle := transfer.NewThrottle(limit, &t.progress, t.pause)
	slots := partsInFlight
	if s.state.PartSegments > 1 {
		slots = largePartsInFlight
	}
	if limit > 0 {
		u.pace.Piece = int(min(max(limit/2, minPieceSize), maxPieceSize))
		if limit < slowLimit {
			slots = 1
		}
	}
	u.pace.Sending = func(ctx context.Context, n int) error {
		if err := throttle.Wait(ctx, n); err != nil {
			return err
		}
		t.progress.Sent[0].Add(int64(n))
		return nil
	}
	u.slots = make(chan *partBuffer, slots)
	for range slots {
		u.slots <- nil
	}
	t.progress.CountUnverified(func() int64 {
		return max(min(u.inFlight.Load(), t.progress.Total.Load()-t.progress.Bytes.Load()), 0)
	})
	u.stop = t.followPauses(u.ctx, throttle)
	return u
}

// Segment seals a segment. With the last one of a part it has that put, unless it is
// there already.
func (u *upload) Segment(index uint64, payload []byte, last bool) error {
	segments := uint64(u.s.state.PartSegments)
	number := int(index / segments)
	u.parts = number + 1
	if u.s.state.Has(number) {
		u.count(int64(len(payload)), true)
		return nil
	}
	if u.filling == nil {
		if err := u.fill(number); err != nil {
			return err
		}
	}
	if err := u.filling.seal(u.s.keys, index, payload, last); err != nil {
		return err
	}
	if last || index%segments == segments-1 {
		u.put(u.filling.part(number))
		u.filling = nil
	}
	return nil
}

// fill waits for a buffer, and begins to fill it with a part.
func (u *upload) fill(number int) error {
	b, err := u.slot()
	if err != nil {
		return err
	}
	if b == nil {
		if b, err = newPartBuffer(u.s.state.PartSegments); err != nil {
			return err
		}
		u.buffers = append(u.buffers, b)
	}
	u.filling = b
	b.reset()
	if number > 0 {
		return nil
	}
	return b.preface(u.s.keys, u.s.summary.Offer)
}

// slot waits until another part may be in flight.
func (u *upload) slot() (*partBuffer, error) {
	select {
	case b := <-u.slots:
		return b, nil
	case <-u.ctx.Done():
		return nil, context.Cause(u.ctx)
	}
}

// part is a part that is to be put.
type part struct {
	number  int
	payload int64 // bytes of the payload in it
	sealed  *io.SectionReader
	buffer  *partBuffer // that can be used again afterwards; nil if there is none
}

// put has a part put, beside others. It has a slot.
func (u *upload) put(p part) {
	u.work.Go(func() {
		if err := u.putPart(p); err != nil {
			u.cancel(err)
			return
		}
		u.count(p.payload, false)
		u.slots <- p.buffer
	})
}

// putPart puts a part, from its beginning again until it is there.
func (u *upload) putPart(p part) error {
	return u.s.outage.try(u.ctx, passing, func() error {
		attempt := &attempt{total: &u.inFlight}
		defer attempt.end()
		pace := u.pace
		pace.Sending = func(ctx context.Context, n int) error {
			if err := u.keepAlive(); err != nil {
				return err
			}
			if err := u.pace.Sending(ctx, n); err != nil {
				return err
			}
			attempt.add(int64(n))
			return nil
		}
		again := io.NewSectionReader(p.sealed, 0, p.sealed.Size())
		return u.s.relay.PutPart(u.ctx, u.s.link.ID, u.s.owner, p.number, again, pace)
	})
}

// keepAlive extends the transfer once half of its life is over.
func (u *upload) keepAlive() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.s.expiry.due(2) {
		return nil
	}
	return u.s.extend(u.ctx)
}

// count counts the payload of a part that is stored.
func (u *upload) count(payload int64, there bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	p := &u.s.run.progress
	n := min(payload, max(p.Total.Load()-p.Bytes.Load(), 0)) // there are more than the files in it
	if there {
		p.There.Add(n)
	}
	p.Bytes.Add(n)
}

// end waits for the parts in flight and returns the error of the upload, if there is one.
func (u *upload) end(err error) error {
	if err != nil {
		u.cancel(err)
	}
	u.work.Wait()
	u.stop()
	for _, b := range u.buffers {
		b.close()
	}
	err = context.Cause(u.ctx)
	u.cancel(nil)
	return err
}

// attempt counts the bytes of one attempt to put a part, until it ends. What sends them
// may not have noticed the end.
type attempt struct {
	total *atomic.Int64

	mu    sync.Mutex
	sent  int64
	ended bool
}

func (a *attempt) add(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.sent += n
		a.total.Add(n)
	}
}

func (a *attempt) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	a.total.Add(-a.sent)
}
