package session

import (
	"context"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/broadcast"
)

// Bounds of a congestion window, in bytes.
const (
	initialWindow = 256 << 10 // before anything is known of the path
	minWindow     = 128 << 10
	maxWindow     = 32 << 20
)

const (
	// maxQueueDelay is how long data may wait in the buffers of the path, beyond
	// its round trip. A control message behind that data waits as long, so it is
	// well below what a person would notice.
	maxQueueDelay = 400 * time.Millisecond
	// rateInterval is over how long a lane's delivery rate is measured, or over
	// two round trips if those take longer.
	rateInterval = 500 * time.Millisecond
)

// laneWindow is the flow control of a lane: it bounds the data in flight to what
// the path delivers in its round trip and maxQueueDelay. Without it the buffers
// between the peers, which can hold tens of megabytes, would keep a control
// message on a slow path for minutes. Delivery rate and round-trip time come from
// the peer's reports of received data.
type laneWindow struct {
	path  *pathWindow // shared with other lanes of the path; nil if there is none
	paced bool        // the carrier knows itself how much may be in flight
	freed broadcast.Signal

	mu           sync.Mutex
	cwnd         int64 // the congestion window
	sent         int64 // bytes sent so far
	delivered    int64 // bytes of those that the peer has reported
	lastProgress time.Duration
	limited      bool  // a sender waited for the window since cwnd was last set
	growth       int64 // bytes delivered since then
	minRTT       time.Duration
	sends        []sample // when bytes were sent, oldest first
	rate         rateEstimator
	closed       bool // the lane is dead
}

// newLaneWindow makes the window of a lane. If path is not nil the lane keeps to
// that window as well. The window of a paced carrier only bounds memory.
func newLaneWindow(path *pathWindow, paced bool) *laneWindow {
	w := &laneWindow{path: path, paced: paced, cwnd: initialWindow, rate: rateEstimator{interval: rateInterval}}
	if paced {
		w.cwnd = maxWindow
	}
	if path != nil {
		w.rate = rateEstimator{interval: pathRateInterval, maxAge: pathRateMaxAge}
	}
	return w
}

// queueDelay returns how long data may wait in the path's buffers.
func (w *laneWindow) queueDelay() time.Duration {
	if w.path != nil {
		return w.path.queueDelay()
	}
	return maxQueueDelay
}

// acquire waits until n more bytes may be in flight, and counts them. It returns
// false if done is closed or ctx ends first.
func (w *laneWindow) acquire(ctx context.Context, n int64, age func() time.Duration, done <-chan struct{}) bool {
	if w.path == nil {
		return w.acquireOwn(ctx, n, age, done)
	}
	if !w.path.acquire(ctx, n, done) {
		return false
	}
	if !w.acquireOwn(ctx, n, age, done) {
		w.path.release(n)
		return false
	}
	return true
}

func (w *laneWindow) acquireOwn(ctx context.Context, n int64, age func() time.Duration, done <-chan struct{}) bool {
	for {
		acquired, freed := w.tryAcquire(n, age)
		if acquired {
			return true
		}
		if freed == nil {
			return false
		}
		select {
		case <-freed:
		case <-done:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// tryAcquire counts n more bytes if the window has room for them, or if nothing
// is in flight. Else it returns a channel that is closed when there may be room;
// nil if the lane is dead.
func (w *laneWindow) tryAcquire(n int64, age func() time.Duration) (acquired bool, freed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false, nil
	}
	if w.sent != w.delivered && w.sent-w.delivered+n > w.cwnd {
		w.limited = true
		return false, w.freed.Wait()
	}
	w.sent += n
	if last := len(w.sends) - 1; last < 0 || w.sent-w.sends[last].bytes >= w.cwnd/16 {
		w.sends = append(w.sends, sample{w.sent, age()})
	}
	return true, nil
}

// inFlight returns how many bytes were sent and are not yet reported.
func (w *laneWindow) inFlight() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent - w.delivered
}

// deliveredBytes returns how many bytes the peer has reported.
func (w *laneWindow) deliveredBytes() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.delivered
}

// shortestRTT returns the shortest round-trip time so far.
func (w *laneWindow) shortestRTT() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.minRTT
}

// stalledFor returns for how long data has been in flight without progress.
func (w *laneWindow) stalledFor(now time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sent == w.delivered {
		w.lastProgress = now
	}
	return now - w.lastProgress
}

// report processes the peer's report that it has received total bytes, and the
// round-trip time of the path itself, 0 if that is not known.
func (w *laneWindow) report(total int64, pathRTT, now time.Duration) {
	w.mu.Lock()
	if w.closed || total <= w.delivered || total > w.sent {
		w.mu.Unlock()
		return // an old report, or a false one, which harms only the peer
	}
	n := total - w.delivered
	w.growth += n
	w.delivered, w.lastProgress = total, now
	rtt, known := w.sampleRTT(total, now)
	rate, delay := w.rate.add(total, now, w.minRTT), w.queueDelay()
	if !w.paced && known && rate > 0 && (w.limited || rtt > w.minRTT+delay) {
		limit := rate * (w.minRTT + delay).Seconds()
		if w.path != nil {
			limit *= maxPathShare
		}
		// It grows by no more than what was delivered, as in TCP's slow start: the
		// first bytes may have met an empty token bucket that is soon full.
		w.cwnd = min(maxWindow, w.cwnd+w.growth, max(minWindow, int64(limit)))
		w.limited, w.growth = false, 0
	}
	w.mu.Unlock()
	w.freed.Broadcast()
	if w.path != nil {
		w.path.deliver(n, rtt, pathRTT, now)
	}
}

// close stops counting what is in flight: the lane is dead.
func (w *laneWindow) close() {
	w.mu.Lock()
	n := w.sent - w.delivered
	closed := w.closed
	w.closed = true
	w.mu.Unlock()
	if w.path != nil && !closed {
		w.path.release(n)
	}
}

// sampleRTT returns the round-trip time of the latest bytes delivered, if known.
// w.mu is held.
func (w *laneWindow) sampleRTT(total int64, now time.Duration) (rtt time.Duration, known bool) {
	for len(w.sends) > 0 && w.sends[0].bytes <= total {
		rtt, known = now-w.sends[0].at, true
		w.sends = w.sends[1:]
	}
	if known && (w.minRTT == 0 || rtt < w.minRTT) {
		w.minRTT = max(rtt, time.Microsecond)
	}
	return rtt, known
}
