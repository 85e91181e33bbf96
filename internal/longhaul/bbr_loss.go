package longhaul

import (
	"math"
	"time"
)

// BBR version 3 reduces what it sends when more than 2 % of a round trip's packets are
// lost. A long path that loses 2 % by itself would bring it to a halt, although less
// traffic does not lose less there. So the loss that is tolerated depends on whether
// the path has a queue, which is when a loss means that the queue is full:
//
//   - With a queue (the shortest round trip of the last round is longer than the
//     path's) it is lossThreshold, and on top of it what the path loses by itself,
//     measured while there was no queue.
//   - Without a queue it is lossTolerated. More than that is a policer, or a buffer
//     too short to be seen.
//
// The reaction is that of the draft: bounds of what is in flight and of the rate, and
// never less than what has just been delivered.
const (
	lossThreshold = 0.02
	lossTolerated = 0.08
	lossBeta      = 0.7
	headroom      = 0.15
	minLost       = 3 // packets; fewer say nothing about a share
)

// A queue is seen when the round trip is longer by queueShare and by queueLeast.
const (
	queueShare = 8 // an eighth
	queueLeast = 2 * time.Millisecond
)

// unbounded is a bound that is not set.
const unbounded = int64(math.MaxInt64)

// bounds keep the sender from causing more loss (section 5.5.10).
type bounds struct {
	bw    float64 // short-term, of the rate
	short int64   // short-term, in flight
	long  int64   // long-term, in flight

	headroom float64 // part of long that is left to others; marks make room by themselves
	marked   int64   // short-term, in flight, by marks
}

func noBounds() bounds {
	return bounds{bw: math.Inf(1), short: unbounded, long: unbounded, headroom: headroom, marked: unbounded}
}

func (x *bounds) resetShort() { x.bw, x.short, x.marked = math.Inf(1), unbounded, unbounded }

// withHeadroom returns the long-term bound less a part that is left to others.
func (x *bounds) withHeadroom() int64 {
	if x.long == unbounded {
		return unbounded
	}
	return x.long - int64(x.headroom*float64(x.long))
}

// lossRounds counts losses by round trips.
type lossRounds struct {
	delivered int64 // all that was ever delivered
	next      int64 // the round ends when a packet arrives that was sent after so much was delivered
	ended     bool  // with this acknowledgement
	lost      int64 // in this round
	acked     int64
	bwLatest  float64
	latest    int64         // the most that a sample of this round delivered
	rtt       time.Duration // the shortest of this round
	rttBefore time.Duration // the shortest of the round before
	own       float64       // the share that the path loses without a queue
}

// reset forgets what was lost in this round (BBRResetCongestionSignals).
func (l *lossRounds) reset() { l.lost, l.acked, l.bwLatest, l.latest = 0, 0, 0, 0 }

func (l *lossRounds) update(b *bbr, s *rateSample, delivered int64) {
	l.delivered = delivered
	l.bwLatest, l.latest = max(l.bwLatest, s.rate), max(l.latest, s.delivered)
	l.lost += s.newlyLost
	l.acked += s.acked
	if s.rtt > 0 && (l.rtt == 0 || s.rtt < l.rtt) {
		l.rtt = s.rtt
	}
	if l.ended = s.valid && s.priorDelivered >= l.next; !l.ended {
		return
	}
	l.next = delivered
	if total := l.lost + l.acked; !b.queuing() && total > 0 && b.full.reached {
		share := min(float64(l.lost)/float64(total), lossTolerated/2)
		l.own += (share - l.own) / 8
	}
}

// advance begins the next round (BBRAdvanceLatestDeliverySignals).
func (l *lossRounds) advance(s *rateSample) {
	if l.ended {
		l.bwLatest, l.latest = s.rate, s.delivered
		l.lost, l.acked = 0, 0
		l.rttBefore, l.rtt = l.rtt, 0
	}
}

// queuing says whether packets wait on the path.
func (b *bbr) queuing() bool {
	shortest := b.losses.rtt
	if shortest == 0 {
		shortest = b.losses.rttBefore
	}
	base := b.model.minRTT
	return base > 0 && shortest > base+max(base/queueShare, queueLeast)
}

// tooMuchLost says whether so much of what was in flight is lost that the sender has
// to react.
func (b *bbr) tooMuchLost(lost, total int64) bool {
	if lost < minLost*b.mss {
		return false
	}
	tolerated := lossTolerated
	if b.queuing() {
		tolerated = min(lossThreshold+1.5*b.losses.own, lossTolerated)
	}
	return float64(lost) > tolerated*float64(total)
}

// adaptShortTerm bounds rate and window after a round with too much loss, except
// while probing, which the long-term bound is for (section 5.5.10.3). In startup it
// means that the pipe is full (section 5.3.1.3).
func (b *bbr) adaptShortTerm(s *rateSample) {
	l := &b.losses
	if !l.ended || !b.tooMuchLost(l.lost, l.lost+l.acked) {
		return
	}
	switch b.state {
	case startup:
		if l.lost < 2*minLost*b.mss || b.full.bw == 0 {
			return // too little is known of the path
		}
		b.undo.save(b)
		b.full.reached, b.full.now = true, true
		b.bounds.long = max(b.bdp(b.model.maxBW(), 1), l.latest)
	case refill, probeUp:
	default:
		b.undo.save(b)
		if math.IsInf(b.bounds.bw, 1) {
			b.bounds.bw = b.model.maxBW()
		}
		if b.bounds.short == unbounded {
			b.bounds.short = b.cwnd
		}
		b.bounds.bw = max(l.bwLatest, lossBeta*b.bounds.bw)
		b.bounds.short = max(l.latest, int64(lossBeta*float64(b.bounds.short)))
	}
}

// onLost learns that a packet is lost. lost is what was lost since it was sent
// (section 5.5.10.2).
func (b *bbr) onLost(p *sentPacket, lost int64, now time.Duration) {
	b.undo.lost += int64(p.size)
	if !b.cycle.samples || !b.tooMuchLost(lost, p.inFlight) {
		return
	}
	// What was in flight when the share of losses became too high.
	before, share := lost-int64(p.size), lossTolerated
	if b.queuing() {
		share = lossThreshold
	}
	part := max(0, (share*float64(p.inFlight-int64(p.size))-float64(before))/(1-share))
	b.undo.save(b)
	b.probedTooMuch(p.inFlight-int64(p.size)+int64(part), headroom, p.appLimit, now)
}

// probedTooMuch ends a probe: the path holds no more than was in flight, of which a part
// is left to others from now on.
func (b *bbr) probedTooMuch(inFlight int64, headroom float64, appLimited bool, now time.Duration) {
	b.cycle.samples = false
	if !appLimited {
		b.bounds.headroom = headroom
		b.bounds.long = max(inFlight, int64(lossBeta*float64(min(b.target(1), b.cwnd))))
	}
	if b.state == probeUp {
		b.startDown(now)
	}
}

// undo remembers the state before the reaction to losses, which may turn out to be
// none.
type undo struct {
	saved    bool
	at       int // the round
	bounds   bounds
	cwnd     int64
	full     fullPipe
	lost     int64 // since the state was saved
	spurious int64 // of that
}

// undoRounds is for how many round trips a reaction can be undone.
const undoRounds = 4

// save remembers the state. What is lost later belongs to the same reaction.
func (u *undo) save(b *bbr) {
	if u.saved && b.rounds.count-u.at < undoRounds {
		return
	}
	*u = undo{saved: true, at: b.rounds.count, bounds: b.bounds, cwnd: b.cwnd, full: b.full, lost: u.lost, spurious: u.spurious}
}

// expire forgets losses that belong to no reaction any more, at the end of a round.
func (u *undo) expire(b *bbr) {
	if b.losses.ended && (!u.saved || b.rounds.count-u.at >= undoRounds) {
		*u = undo{}
	}
}

// onSpurious learns that a packet that counted as lost has arrived. If that is so of
// most, the reaction is undone.
func (b *bbr) onSpurious(size int64) {
	u := &b.undo
	u.spurious += size
	if !u.saved || 2*u.spurious < u.lost {
		return
	}
	b.bounds.bw, b.bounds.short = max(b.bounds.bw, u.bounds.bw), max(b.bounds.short, u.bounds.short)
	b.bounds.long = max(b.bounds.long, u.bounds.long)
	b.cwnd = max(b.cwnd, u.cwnd)
	if !u.full.reached {
		b.full = u.full
		b.setGains(startup)
	}
	*u = undo{}
}
