package longhaul

import (
	"math"
	"math/rand/v2"
	"time"
)

// Parameters of BBR (draft-ietf-ccwg-bbr, section 2; names as there).
const (
	startupPacingGain = 2.77
	drainPacingGain   = 0.5
	cwndGain          = 2.0
	upPacingGain      = 1.25
	upCwndGain        = 2.25
	downPacingGain    = 0.9
	probeRTTCwndGain  = 0.5
	pacingMargin      = 0.99 // to send a little slower than the path delivers

	fullBWGrowth = 1.25 // a path that is not full yet delivers more by this factor
	fullBWRounds = 3

	minPipePackets  = 4
	initialPackets  = 64 // paced over the first round trip; a record, which is all that a reader can take
	minRTTWindow    = 10 * time.Second
	probeRTTEvery   = 5 * time.Second
	probeRTTLasts   = 200 * time.Millisecond
	extraAckRounds  = 10
	extraAckLongest = 100 * time.Millisecond
	maxBurst        = 64 << 10
)

// shortRTT is the round-trip time below which timers and schedulers are measured and
// not the path. There the window is for this time, and the round trip is not probed.
const shortRTT = time.Millisecond

// bbrState is a state of the state machine (section 4.3).
type bbrState uint8

const (
	startup   bbrState = iota // finds the bandwidth by doubling it
	drain                     // lets the queue go that startup made
	probeDown                 // sends a little slower than the path, so that the queue goes
	cruise                    // sends as fast as the path
	refill                    // the same without bounds of the last loss, before a probe
	probeUp                   // sends faster, to see if there is more
	probeRTT                  // sends little, to see the round trip without a queue
)

// bbr decides how fast to send and how much may be in flight. It models the path: the
// bandwidth that it delivers and its round-trip time without a queue.
//
//	bbr.go        the state machine, and what follows from the model: rate and window
//	bbr_model.go  the model: bandwidth, round trip, aggregation of acknowledgements
//	bbr_probe.go  the cycle that probes for more bandwidth
//	bbr_loss.go   the reaction to loss
//	bbr_ecn.go    the reaction to marks
type bbr struct {
	random *rand.Rand
	mss    int64

	state      bbrState
	pacingGain float64
	cwndGain   float64
	rate       float64 // of pacing, in bytes a second
	cwnd       int64   // the most bytes in flight
	priorCwnd  int64   // to restore after probeRTT
	limited    [2]bool // in this round, and in the one before

	model      pathModel
	rounds     roundCounter
	bounds     bounds
	cycle      probeCycle
	losses     lossRounds
	marks      markRounds
	undo       undo
	full       fullPipe
	probingRTT rttProbe
}

func newBBR(random *rand.Rand, mss int, rtt time.Duration) *bbr {
	b := &bbr{random: random, mss: int64(mss), model: newPathModel(), bounds: noBounds(), marks: newMarkRounds()}
	b.cwnd = initialPackets * b.mss
	b.setGains(startup)
	b.rate = startupPacingGain * float64(b.cwnd) / max(rtt, shortRTT).Seconds()
	return b
}

// setGains enters a state.
func (b *bbr) setGains(s bbrState) {
	b.state = s
	b.cwndGain, b.pacingGain = cwndGain, 1
	switch s {
	case startup:
		b.pacingGain = startupPacingGain
	case drain:
		b.pacingGain = drainPacingGain
	case probeDown:
		b.pacingGain = downPacingGain
	case probeUp:
		b.pacingGain, b.cwndGain = upPacingGain, upCwndGain
	case probeRTT:
		b.cwndGain = probeRTTCwndGain
	}
}

// setMSS says how large packets are now.
func (b *bbr) setMSS(mss int) { b.mss = int64(mss) }

// onFirstRTT paces the initial window over the round trip, once that is known.
func (b *bbr) onFirstRTT(rtt time.Duration) {
	b.rate = startupPacingGain * float64(b.cwnd) / max(rtt, shortRTT).Seconds()
}

// onAck learns from an acknowledgement (section 5.2.3). delivered is all that was ever
// delivered.
func (b *bbr) onAck(s *rateSample, delivered int64, now time.Duration) {
	b.rounds.update(s, delivered)
	b.noteLimited(s)
	b.losses.update(b, s, delivered)
	rate := s.rate
	if b.full.reached {
		rate = b.model.smoothed(rate, b.rounds.started, delivered, now)
	}
	b.model.updateBW(rate, s.appLimited)
	b.adaptShortTerm(s)
	b.adaptToMarks(s)
	b.model.updateExtraAcked(s, b, now)
	b.full.update(b, s)
	if b.state == startup && b.full.reached {
		b.setGains(drain)
	}
	if b.state == drain && s.flying <= b.target(1) {
		b.startDown(now)
	}
	b.updateCycle(s, now)
	expired := b.model.updateMinRTT(s.rtt, now)
	b.updateProbeRTT(s, expired, delivered, now)
	b.losses.advance(s)
	b.undo.expire(b)
	b.setRate()
	b.setCwnd(s, delivered)
}

// noteLimited makes it count for this round and the next that the window kept the
// sender from sending.
func (b *bbr) noteLimited(s *rateSample) {
	if b.rounds.started {
		b.limited[1], b.limited[0] = b.limited[0], false
	}
	b.limited[0] = b.limited[0] || s.cwndLimited
	s.cwndLimited = b.limited[0] || b.limited[1]
}

// bw returns the bandwidth that the path is believed to have.
func (b *bbr) bw() float64 { return min(b.model.maxBW(), b.bounds.bw) }

// target returns how much is in flight at a gain, without the allowance for queues at
// the ends of the path (BBRInflight).
func (b *bbr) target(gain float64) int64 { return b.quantize(b.bdp(b.model.maxBW(), gain)) }

// bdp returns the bandwidth-delay product at a gain.
func (b *bbr) bdp(bw, gain float64) int64 {
	if b.model.minRTT == 0 || bw == 0 {
		return int64(gain * float64(initialPackets*b.mss))
	}
	return int64(gain * bw * max(b.model.minRTT, shortRTT).Seconds())
}

// quantize adds what batches need: sender and receiver handle several packets at once
// (BBRQuantizationBudget).
func (b *bbr) quantize(inFlight int64) int64 {
	burst := int64(b.rate * paceBatch.Seconds())
	inFlight = max(inFlight, 3*min(maxBurst, max(burst, 2*b.mss)), minPipePackets*b.mss)
	if b.state == probeUp {
		inFlight += 2 * b.mss
	}
	return inFlight
}

// setRate sets the rate of pacing (section 5.6.2).
func (b *bbr) setRate() {
	bw := b.bw()
	if bw == 0 || math.IsInf(bw, 1) {
		return
	}
	if rate := b.pacingGain * bw * pacingMargin; b.full.reached || rate > b.rate {
		b.rate = rate
	}
}

// setCwnd sets the window (section 5.6.4.6).
func (b *bbr) setCwnd(s *rateSample, delivered int64) {
	most := b.quantize(b.bdp(b.bw(), b.cwndGain) + b.model.extraAcked())
	switch {
	case b.full.reached:
		b.cwnd = min(b.cwnd+s.acked, most)
	case b.cwnd < most || delivered < initialPackets*b.mss:
		b.cwnd += s.acked
	}
	b.cwnd = max(b.cwnd, minPipePackets*b.mss)
	if b.state == probeRTT {
		b.cwnd = min(b.cwnd, b.probeRTTCwnd())
	}
	b.cwnd = max(minPipePackets*b.mss, min(b.cwnd, b.boundedInFlight()))
}

// boundedInFlight returns what the bounds of the last losses and marks allow in flight.
func (b *bbr) boundedInFlight() int64 {
	most := int64(math.MaxInt64)
	switch b.state {
	case probeDown, refill, probeUp:
		most = b.bounds.long
	case cruise, probeRTT:
		most = b.bounds.withHeadroom()
	}
	return min(most, b.bounds.short, b.bounds.marked)
}

// fullPipe notices that startup has found the bandwidth (section 5.3.1.2).
type fullPipe struct {
	bw      float64
	rounds  int
	now     bool // since the last reset
	reached bool // ever
}

func (f *fullPipe) reset() { f.bw, f.rounds, f.now = 0, 0, false }

func (f *fullPipe) update(b *bbr, s *rateSample) {
	if f.now || !b.rounds.started || s.appLimited {
		return
	}
	if s.rate >= f.bw*fullBWGrowth {
		f.reset()
		f.bw = s.rate
		return
	}
	if f.rounds++; f.rounds >= fullBWRounds {
		f.now, f.reached = true, true
	}
}

// rttProbe is the progress of probeRTT.
type rttProbe struct {
	doneAt    time.Duration // 0 until so little is in flight as shall be
	roundDone bool
}

func (b *bbr) probeRTTCwnd() int64 {
	return max(minPipePackets*b.mss, b.bdp(b.bw(), probeRTTCwndGain))
}

// updateProbeRTT enters probeRTT when it is due, and leaves it (section 5.3.4).
func (b *bbr) updateProbeRTT(s *rateSample, expired bool, delivered int64, now time.Duration) {
	if b.state != probeRTT {
		if !expired || b.model.minRTT <= shortRTT {
			return
		}
		b.setGains(probeRTT)
		b.priorCwnd = b.cwnd
		b.probingRTT = rttProbe{}
		b.cycle.acks = acksProbeStopping
		b.rounds.start(delivered)
	}
	p := &b.probingRTT
	switch {
	case p.doneAt == 0:
		if s.flying <= b.probeRTTCwnd() {
			p.doneAt = now + probeRTTLasts
			b.rounds.start(delivered)
		}
	case b.rounds.started || p.roundDone:
		p.roundDone = true
		if now > p.doneAt {
			b.model.probedAt = now
			b.leaveProbeRTT(now)
		}
	}
}

func (b *bbr) leaveProbeRTT(now time.Duration) {
	b.cwnd = max(b.cwnd, b.priorCwnd)
	b.bounds.resetShort()
	if !b.full.reached {
		b.setGains(startup)
		return
	}
	b.startDown(now)
	b.setGains(cruise)
}

// restart looks for the bandwidth anew. What was lost so far says nothing of the path any
// more. If the bandwidth was found by probing it is probed again, and else it is doubled
// as at the start, which makes a longer queue.
func (b *bbr) restart() {
	b.bounds, b.undo = noBounds(), undo{}
	b.losses.reset()
	switch {
	case b.state == probeRTT: // its end begins a cycle
	case b.cycle.probed:
		b.startRefill()
	default:
		b.full = fullPipe{}
		b.cycle.samples, b.cycle.acks = false, acksInit
		b.setGains(startup)
	}
}

// onIdleRestart is called when something is sent after nothing was in flight.
func (b *bbr) onIdleRestart(now time.Duration) {
	b.model.extraSince, b.model.extraDelivered = now, 0
}
