package session

import (
	"context"
	"sync"
	"time"
)

// Bounds of what may be under way on one lane.
const (
	paceFirst = 256 << 10 // bytes, before anything is known of the path
	paceLeast = 128 << 10
	paceMost  = 32 << 20
	// paceQueue is how long what is sent may wait in the buffers of the path,
	// beyond the path's own round trip. A control message behind it waits as
	// long, so it is well under what a person would notice.
	paceQueue = 400 * time.Millisecond
	paceSpan  = 500 * time.Millisecond // over which the rate is measured, or two round trips
	// reportDelay is how long a report of what has arrived may wait for more.
	reportDelay = 10 * time.Millisecond
)

// pace bounds the data under way on a lane to what the path carries in its round
// trip and paceQueue. Buffers between the peers can hold tens of megabytes, and
// without it a slow path would keep every word behind them for minutes. The rate
// and the round trip come from the other side's reports of what has arrived.
type pace struct {
	mu      sync.Mutex
	freed   chan struct{} // closed and replaced when more may be sent
	window  int64
	sent    int64         // bytes given to the lane
	arrived int64         // of those, reported by the other side
	moved   time.Duration // when something last arrived, or nothing was under way
	limited bool          // something waited for the window since it was last set
	news    int64         // bytes that have arrived since then
	round   time.Duration
	marks   []mark // when bytes were sent, oldest first
	reports []mark // what had arrived when, over that span
}

// mark is a number of bytes at a time of the session's age.
type mark struct {
	bytes int64
	at    time.Duration
}

func newPace() *pace { return &pace{freed: make(chan struct{}), window: paceFirst} }

// admit waits until n more bytes may be under way; false if done or ctx ended.
func (p *pace) admit(ctx context.Context, n int64, age func() time.Duration, done <-chan struct{}) bool {
	for {
		p.mu.Lock()
		if p.sent == p.arrived || p.sent-p.arrived+n <= p.window {
			p.sent += n
			if last := len(p.marks) - 1; last < 0 || p.sent-p.marks[last].bytes >= p.window/16 {
				p.marks = append(p.marks, mark{p.sent, age()})
			}
			p.mu.Unlock()
			return true
		}
		p.limited = true
		freed := p.freed
		p.mu.Unlock()
		select {
		case <-freed:
		case <-done:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// underway is how many bytes were given to the lane and have not arrived.
func (p *pace) underway() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent - p.arrived
}

// told is how many bytes have arrived as far as this side was told.
func (p *pace) told() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.arrived
}

// shortest is the shortest round trip so far.
func (p *pace) shortest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.round
}

// stuck is for how long nothing of what is under way has arrived.
func (p *pace) stuck(now time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent == p.arrived {
		p.moved = now
	}
	return now - p.moved
}

// report takes in that total bytes have arrived, now.
func (p *pace) report(total int64, now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if total <= p.arrived || total > p.sent {
		return // an old report, or a lie that would only harm the liar
	}
	p.news += total - p.arrived
	p.arrived, p.moved = total, now
	round, known := p.measure(total, now)
	if rate := p.rate(total, now); known && rate > 0 && (p.limited || round > p.round+paceQueue) {
		// It grows by no more than what has arrived, as in TCP's slow start: the
		// first bytes may have met an empty bucket that is full soon.
		p.window = min(paceMost, p.window+p.news, max(paceLeast, int64(rate*(p.round+paceQueue).Seconds())))
		p.limited, p.news = false, 0
	}
	close(p.freed)
	p.freed = make(chan struct{})
}

// measure is the round trip of the latest bytes that have arrived.
func (p *pace) measure(total int64, now time.Duration) (round time.Duration, known bool) {
	for len(p.marks) > 0 && p.marks[0].bytes <= total {
		round, known = now-p.marks[0].at, true
		p.marks = p.marks[1:]
	}
	if known && (p.round == 0 || round < p.round) {
		p.round = max(round, time.Microsecond)
	}
	return round, known
}

// rate is how many bytes a second have arrived lately.
func (p *pace) rate(total int64, now time.Duration) float64 {
	p.reports = append(p.reports, mark{total, now})
	for len(p.reports) > 2 && now-p.reports[0].at > max(paceSpan, 2*p.round) {
		p.reports = p.reports[1:]
	}
	first := p.reports[0]
	if now <= first.at {
		return 0
	}
	return float64(total-first.bytes) / (now - first.at).Seconds()
}
