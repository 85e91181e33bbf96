package transfer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/broadcast"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// How exactly a limit is kept.
const (
	// maxCredit is how much time without anything to send may be made up for. It
	// is short, so that no burst follows a pause or a stall.
	maxCredit = 100 * time.Millisecond
	// maxDelay is the longest that the receiver delays a record. The records
	// behind it keep the lane alive, and must not wait for too long.
	maxDelay = 4 * time.Second
	// A path that was blocked for a moment delivers a burst. The receiver accepts
	// burstTime at the limit, and burstBytes on top of that, without a delay.
	burstTime  = 2 * time.Second
	burstBytes = 256 << 10
	// The receiver accepts 1/overspeed more than the limit, so that a backlog gets
	// shorter.
	overspeed = 50
)

var errLaneDied = errors.New("the lane is dead")

// limiter keeps data to the rate, in bytes per second, that both sides allow. The
// sender waits for each record as long as it takes at that rate, before the record
// is sent; all lanes share the time. So a transfer's bytes divided by its duration
// give the limit. The receiver enforces its own limit with delay.
type limiter struct {
	local    int64     // this side's limit; 0: none
	progress *Progress // gets the limit that is in force
	changed  broadcast.Signal

	mu      sync.Mutex
	remote  int64     // the peer's limit; 0: none
	paid    time.Time // time is used up until then
	waiting int       // records that wait: the time that passes is theirs
}

func newLimiter(local int64, progress *Progress) *limiter {
	l := &limiter{progress: progress, local: local}
	progress.Limit.Store(l.rate())
	return l
}

// rate returns the lower one of both limits, 0 if there is none; mu is held.
func (l *limiter) rate() int64 {
	if l.local == 0 || l.remote != 0 && l.remote < l.local {
		return l.remote
	}
	return l.local
}

// handle takes the peer's message.
func (l *limiter) handle(m []byte) error {
	message, err := wire.ParseLimit(m)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.remote = message.Rate
	l.progress.Limit.Store(l.rate())
	l.mu.Unlock()
	l.changed.Broadcast()
	return nil
}

// announce tells the peer this side's limit, if there is one.
func (l *limiter) announce(ctx context.Context, s Session) error {
	if l.local == 0 {
		return nil
	}
	return s.Send(ctx, wire.Limit{Rate: l.local}.Append(nil))
}

// wait waits until a lane may send n bytes. It returns an error if the lane is
// dead or ctx has ended.
func (l *limiter) wait(ctx context.Context, lane Lane, pause *Pause, n int) error {
	if l.progress.Limit.Load() == 0 {
		return nil
	}
	for {
		if err := pause.wait(ctx); err != nil {
			return err
		}
		ok, err := l.waitUnpaused(ctx, lane, pause, n)
		if ok || err != nil {
			return err
		}
	}
}

// waitUnpaused is wait, but returns false when a pause begins. The time waited
// until then is lost.
func (l *limiter) waitUnpaused(ctx context.Context, lane Lane, pause *Pause, n int) (bool, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	l.begin()
	defer l.end()
	for {
		local, remote, pauseChanged := pause.state()
		if local || remote {
			return false, nil
		}
		limitChanged := l.changed.Wait()
		left := l.reserve(n)
		if left <= 0 {
			return true, nil
		}
		timer.Reset(left)
		select {
		case <-timer.C:
		case <-limitChanged:
		case <-pauseChanged:
		case <-lane.Done():
			return false, errLaneDied
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// begin counts a record that waits. Time that passed while none waited is lost,
// except for maxCredit.
func (l *limiter) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.waiting == 0 && l.paid.Before(now.Add(-maxCredit)) {
		l.paid = now
	}
	l.waiting++
}

func (l *limiter) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting--
}

// reserve uses up the time for n bytes, if that much has passed, and returns 0.
// Otherwise it returns how long to wait before the next try.
func (l *limiter) reserve(n int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	rate := l.rate()
	if rate == 0 {
		return 0
	}
	now := time.Now()
	paid := l.paid.Add(timeFor(int64(n), rate))
	if left := paid.Sub(now); left > 0 {
		return left
	}
	l.paid = later(paid, now.Add(-maxCredit)) // the machine may have slept meanwhile
	return 0
}

// delay slows down a peer that sends faster than this side's limit allows, by
// waiting before the next of its records is read.
func (l *limiter) delay(ctx context.Context, n int) {
	if l.local == 0 {
		return
	}
	rate := l.local + l.local/overspeed
	l.mu.Lock()
	now := time.Now()
	l.paid = later(l.paid, now.Add(-burstTime-timeFor(burstBytes, rate))).Add(timeFor(int64(n), rate))
	left := min(l.paid.Sub(now), maxDelay)
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

// later returns the later one of two times.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// timeFor returns how long n bytes take at a rate, at most a day.
func timeFor(n, rate int64) time.Duration {
	const most = 24 * time.Hour
	seconds := float64(n) / float64(rate)
	if seconds > most.Seconds() {
		return most
	}
	return time.Duration(seconds * float64(time.Second))
}
