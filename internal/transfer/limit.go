package transfer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Bounds of how a limit is kept.
const (
	// limitSlack is how much time without anything to send is made up for. More
	// is not, so that there is no burst after a pause or a stall.
	limitSlack = 100 * time.Millisecond
	// heldMost is the longest that a record waits on its way in, so that what
	// comes behind it on its lane says in time that the lane lives.
	heldMost = 4 * time.Second
	// Of what arrives, this much may come faster than the limit, as it does when a
	// path was blocked for a moment: time at the limit, and bytes besides.
	heldSlack = 2 * time.Second
	heldBytes = 256 << 10
	heldMore  = 50 // and this part of the limit, so that what was held back comes to an end
)

var errLaneDied = errors.New("the lane is dead")

// limiter keeps data to the bytes a second that the two sides allow. A record is
// paid for with time before it is sent; lanes share the time. It is as exact as
// that: a transfer's bytes divided by its time.
type limiter struct {
	here     int64     // as this side wishes; 0: no limit
	progress *Progress // is told what holds

	mu      sync.Mutex
	there   int64         // as the other side wishes
	changed chan struct{} // closed and replaced when it does
	paid    time.Time     // until when time is used up
	waiting int           // records that wait: time is theirs, and not lost
}

func newLimiter(here int64, progress *Progress) *limiter {
	l := &limiter{progress: progress, here: here, changed: make(chan struct{})}
	progress.Limit.Store(l.rate())
	return l
}

// rate is the lower of both wishes, 0 if there is none; mu is held.
func (l *limiter) rate() int64 {
	if l.here == 0 || l.there != 0 && l.there < l.here {
		return l.there
	}
	return l.here
}

// take takes in the other side's wish.
func (l *limiter) take(m []byte) error {
	said, err := wire.ParseLimit(m)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.there = said.Rate
	l.progress.Limit.Store(l.rate())
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

// tell tells the other side of this one's wish, if it has any.
func (l *limiter) tell(ctx context.Context, s Session) error {
	if l.here == 0 {
		return nil
	}
	return s.Send(ctx, wire.Limit{Rate: l.here}.Append(nil))
}

// wait waits until n bytes may be sent by a lane, while nobody holds the data
// back. An error means that the lane is dead or ctx has ended.
func (l *limiter) wait(ctx context.Context, lane Lane, pause *Pause, n int) error {
	if l.progress.Limit.Load() == 0 {
		return nil
	}
	for {
		if err := pause.wait(ctx); err != nil {
			return err
		}
		ok, err := l.pay(ctx, lane, pause, n)
		if ok || err != nil {
			return err
		}
	}
}

// pay waits until n bytes are paid for. It is false if somebody pauses first:
// what was waited until then is lost.
func (l *limiter) pay(ctx context.Context, lane Lane, pause *Pause, n int) (bool, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	l.begin()
	defer l.end()
	for {
		here, there, steered := pause.state()
		if here || there {
			return false, nil
		}
		left, changed := l.claim(n)
		if left <= 0 {
			return true, nil
		}
		timer.Reset(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-steered:
		case <-lane.Done():
			return false, errLaneDied
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// begin counts a record that waits. Time in which none did is lost, but for a
// little.
func (l *limiter) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.waiting == 0 && l.paid.Before(now.Add(-limitSlack)) {
		l.paid = now
	}
	l.waiting++
}

func (l *limiter) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting--
}

// claim pays for n bytes if there is time for it, or else says how long to wait,
// unless something changes.
func (l *limiter) claim(n int) (left time.Duration, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rate := l.rate()
	if rate == 0 {
		return 0, nil
	}
	now := time.Now()
	paid := l.paid.Add(timeFor(int64(n), rate))
	if left := paid.Sub(now); left > 0 {
		return left, l.changed
	}
	l.paid = later(paid, now.Add(-limitSlack)) // the machine may have slept meanwhile
	return 0, nil
}

// hold delays what has arrived of a sender that does not keep to this side's
// limit.
func (l *limiter) hold(ctx context.Context, n int) {
	if l.here == 0 {
		return
	}
	rate := l.here + l.here/heldMore
	l.mu.Lock()
	now := time.Now()
	l.paid = later(l.paid, now.Add(-heldSlack-timeFor(heldBytes, rate))).Add(timeFor(int64(n), rate))
	left := min(l.paid.Sub(now), heldMost)
	l.mu.Unlock()
	if left <= 0 {
		return
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// timeFor is how long n bytes take, a day at most.
func timeFor(n, rate int64) time.Duration {
	const most = 24 * time.Hour
	seconds := float64(n) / float64(rate)
	if seconds > most.Seconds() {
		return most
	}
	return time.Duration(seconds * float64(time.Second))
}
