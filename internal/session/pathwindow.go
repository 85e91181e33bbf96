package session

import (
	"context"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/broadcast"
)

const (
	// minPathQueueDelay keeps a fast path busy. On others data waits for a quarter
	// of a round trip. The queues stay short because an overflow costs SCTP
	// far more than waiting.
	minPathQueueDelay = 20 * time.Millisecond
	// pathRateInterval is longer than it takes to repair a loss: data that waited
	// for a lost packet is delivered in a burst.
	pathRateInterval = 300 * time.Millisecond
	pathRateMaxAge   = time.Second
	// maxPathShare bounds the window of one lane to so many times what the lane
	// itself delivers, or a stalled lane would use up the path's window.
	maxPathShare = 3
	// probeShare is how the window probes for more: while it is full and the
	// path's queue is empty, as after a loss, it grows by one part in so many of
	// what is delivered.
	probeShare = 16
)

// pathWindow is the congestion window that all lanes of one path share: what they
// deliver together in a round trip, and a little for the path's queue. So several
// lanes press no harder on the path than one.
type pathWindow struct {
	freed broadcast.Signal

	mu        sync.Mutex
	cwnd      int64
	inFlight  int64
	delivered int64
	limited   bool          // a sender waited for the window since cwnd was last set
	growth    int64         // bytes delivered since then
	minRTT    time.Duration // of data, until it was reported
	path      rttMinimum    // of packets, which retransmission does not lengthen
	rate      rateEstimator
}

func newPathWindow() *pathWindow {
	return &pathWindow{cwnd: initialWindow, rate: rateEstimator{interval: pathRateInterval, maxAge: pathRateMaxAge}}
}

// queueDelay returns how long data may wait in the path's queues.
func (w *pathWindow) queueDelay() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queueDelayLocked()
}

func (w *pathWindow) queueDelayLocked() time.Duration { return max(minPathQueueDelay, w.minRTT/4) }

// acquire waits until n more bytes may be in flight, and counts them. It returns
// false if done is closed or ctx ends first.
func (w *pathWindow) acquire(ctx context.Context, n int64, done <-chan struct{}) bool {
	for {
		acquired, freed := w.tryAcquire(n)
		if acquired {
			return true
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

func (w *pathWindow) tryAcquire(n int64) (acquired bool, freed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inFlight != 0 && w.inFlight+n > w.cwnd {
		w.limited = true
		return false, w.freed.Wait()
	}
	w.inFlight += n
	return true, nil
}

// deliver takes n bytes out of flight. rtt is the round-trip time of the latest of
// them and pathRTT that of a packet; each is 0 if it is not known.
func (w *pathWindow) deliver(n int64, rtt, pathRTT, now time.Duration) {
	w.mu.Lock()
	w.inFlight -= n
	w.delivered += n
	w.growth += n
	if rtt > 0 && (w.minRTT == 0 || rtt < w.minRTT) {
		w.minRTT = rtt
	}
	if pathRTT > 0 {
		w.path.add(pathRTT, now)
	}
	rate := w.rate.add(w.delivered, now, w.minRTT)
	if rate > 0 && w.minRTT > 0 && w.limited {
		w.cwnd = w.nextWindow(rate)
		w.limited, w.growth = false, 0
	}
	w.mu.Unlock()
	w.freed.Broadcast()
}

// nextWindow returns the window for a delivery rate in bytes a second. While the
// queue is empty it does not shrink. w.mu is held.
func (w *pathWindow) nextWindow(rate float64) int64 {
	window := int64(rate * (w.minRTT + w.queueDelayLocked()).Seconds())
	if !w.path.queuing() {
		limit := int64(rate * (w.minRTT + maxQueueDelay).Seconds())
		window = max(window, w.cwnd, min(w.cwnd+w.growth/probeShare, limit))
	}
	return min(maxWindow, w.cwnd+w.growth, max(minWindow, window))
}

// release takes n bytes of a dead lane out of flight.
func (w *pathWindow) release(n int64) {
	w.mu.Lock()
	w.inFlight -= n
	w.mu.Unlock()
	w.freed.Broadcast()
}

// rttMinimum is the shortest round-trip time of a path, overall and recently.
type rttMinimum struct {
	overall time.Duration
	recent  [2]time.Duration // of the current period and of the previous one
	since   time.Duration    // when the current period began
}

func (m *rttMinimum) add(rtt, now time.Duration) {
	if m.overall == 0 || rtt < m.overall {
		m.overall = rtt
	}
	if m.recent[0] == 0 || now-m.since > max(minPathQueueDelay*5, 2*m.overall) {
		m.recent[1], m.recent[0], m.since = m.recent[0], rtt, now
	}
	m.recent[0] = min(m.recent[0], rtt)
}

// queuing reports whether even the fastest recent packet has waited in a queue.
func (m *rttMinimum) queuing() bool {
	fastest := m.recent[0]
	if m.recent[1] != 0 {
		fastest = min(fastest, m.recent[1])
	}
	return fastest-m.overall > max(minPathQueueDelay/2, m.overall/5)
}
