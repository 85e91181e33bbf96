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
	rates   rates
	share   *share // with other lanes of the same path; nil if there is none
	left    bool   // the lane is dead
}

// newPace makes the pace of a lane, which has to keep to the share as well if
// it is not nil.
func newPace(s *share) *pace {
	p := &pace{freed: make(chan struct{}), window: paceFirst, rates: rates{span: paceSpan}, share: s}
	if s != nil {
		p.rates = rates{span: shareSpan, keep: shareKeep}
	}
	return p
}

// queue is how long what is sent may wait in the path's buffers.
func (p *pace) queue() time.Duration {
	if p.share != nil {
		return p.share.queue()
	}
	return paceQueue
}

// admit waits until n more bytes may be under way; false if done or ctx ended.
func (p *pace) admit(ctx context.Context, n int64, age func() time.Duration, done <-chan struct{}) bool {
	if p.share == nil {
		return p.admitOwn(ctx, n, age, done)
	}
	if !p.share.admit(ctx, n, done) {
		return false
	}
	if !p.admitOwn(ctx, n, age, done) {
		p.share.leave(n)
		return false
	}
	return true
}

func (p *pace) admitOwn(ctx context.Context, n int64, age func() time.Duration, done <-chan struct{}) bool {
	for {
		p.mu.Lock()
		if p.left {
			p.mu.Unlock()
			return false
		}
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

// report takes in that total bytes have arrived, now, and the round trip of the
// path itself, 0 if the carrier does not know it.
func (p *pace) report(total int64, path, now time.Duration) {
	p.mu.Lock()
	if p.left || total <= p.arrived || total > p.sent {
		p.mu.Unlock()
		return // an old report, or a lie that would only harm the liar
	}
	n := total - p.arrived
	p.news += n
	p.arrived, p.moved = total, now
	round, known := p.measure(total, now)
	rate, queue := p.rates.report(total, now, p.round), p.queue()
	if known && rate > 0 && (p.limited || round > p.round+queue) {
		most := rate * (p.round + queue).Seconds()
		if p.share != nil {
			most *= shareOfOne
		}
		// It grows by no more than what has arrived, as in TCP's slow start: the
		// first bytes may have met an empty bucket that is full soon.
		p.window = min(paceMost, p.window+p.news, max(paceLeast, int64(most)))
		p.limited, p.news = false, 0
	}
	close(p.freed)
	p.freed = make(chan struct{})
	p.mu.Unlock()
	if p.share != nil {
		p.share.arrive(n, round, path, now)
	}
}

// leave forgets what is under way: the lane is dead.
func (p *pace) leave() {
	p.mu.Lock()
	n := p.sent - p.arrived
	left := p.left
	p.left = true
	p.mu.Unlock()
	if p.share != nil && !left {
		p.share.leave(n)
	}
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
