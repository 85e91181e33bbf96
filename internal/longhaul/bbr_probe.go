package longhaul

import "time"

const (
	// The bandwidth is probed after probeWait to probeWait+probeWaitMore, and after
	// as many round trips as a Reno flow needs to grow by one window, at most
	// renoRounds (section 5.3.3.8).
	probeWait     = 2 * time.Second
	probeWaitMore = time.Second
	renoRounds    = 63
	// A probe lasts upRTTs round trips, since what it brings is known no earlier, and
	// one more each time that it brought growth by upGrowth. The draft goes on for at
	// least three, which makes a longer queue.
	upRTTs   = 2
	upGrowth = 1.1
	// raiseShare is by what part of the window the long-term bound grows at first.
	raiseShare = 16
)

// ackPhase says to which phase of probing the acknowledged packets belong.
type ackPhase uint8

const (
	acksInit ackPhase = iota
	acksRefilling
	acksProbeStarting
	acksProbeFeedback
	acksProbeStopping
)

// probeCycle is where the sender is in the cycle of probing for bandwidth:
// probeDown, cruise, refill, probeUp (section 5.3.3).
type probeCycle struct {
	since    time.Duration // the begin of the phase
	wait     time.Duration // from probeDown to the next refill
	acks     ackPhase
	upRounds int     // the slope with which the long-term bound is raised
	samples  bool    // losses of what probes for bandwidth count
	rate     float64 // that this probe has reached
	probed   bool    // there was one
}

func (b *bbr) inCycle() bool { return b.state >= probeDown && b.state <= probeUp }

// startDown enters probeDown.
func (b *bbr) startDown(now time.Duration) {
	b.losses.reset()
	b.rounds.sinceUp = int(b.random.Int64N(2))
	b.cycle.wait = probeWait + time.Duration(b.random.Int64N(int64(probeWaitMore)))
	b.cycle.since, b.cycle.acks = now, acksProbeStopping
	b.rounds.start(b.losses.delivered)
	b.setGains(probeDown)
}

func (b *bbr) startRefill() {
	b.bounds.resetShort()
	b.cycle.upRounds = 0
	b.cycle.acks = acksRefilling
	b.rounds.start(b.losses.delivered)
	b.setGains(refill)
}

func (b *bbr) startUp(s *rateSample, now time.Duration) {
	b.cycle.acks, b.cycle.since = acksProbeStarting, now
	b.cycle.samples, b.cycle.rate, b.cycle.probed = true, s.rate, true
	b.rounds.start(b.losses.delivered)
	b.full.reset()
	b.full.bw = s.rate
	b.setGains(probeUp)
	b.cycle.upRounds = 1
}

// updateCycle advances the cycle (section 5.3.3.6).
func (b *bbr) updateCycle(s *rateSample, now time.Duration) {
	if !b.full.reached {
		return
	}
	bound := s.cwndLimited && b.cwnd >= b.bounds.long // before that is raised
	b.adaptLongTerm(s, now)
	switch b.state {
	case probeDown:
		if !b.probeNow(now) && b.drained(s) {
			b.setGains(cruise)
		}
	case cruise:
		b.probeNow(now)
	case refill:
		if b.rounds.started {
			b.startUp(s, now)
		}
	case probeUp:
		if b.probedEnough(s, bound, now) {
			b.startDown(now)
		}
	}
}

// probeNow starts to probe if it is time to.
func (b *bbr) probeNow(now time.Duration) bool {
	rounds := min(renoRounds, int(b.target(1)/b.mss))
	if now-b.cycle.since < b.cycle.wait && b.rounds.sinceUp < rounds {
		return false
	}
	b.startRefill()
	return true
}

// drained says whether the queue that the probe made has gone.
func (b *bbr) drained(s *rateSample) bool {
	return s.flying <= b.bounds.withHeadroom() && s.flying <= b.target(1)
}

// probedEnough says whether more is in flight than the path holds, for some round trips
// and without more being delivered. While the long-term bound holds the sender back, and
// is raised, the probe goes on.
func (b *bbr) probedEnough(s *rateSample, bound bool, now time.Duration) bool {
	if bound {
		b.full.reset()
		b.full.bw = s.rate
		return false
	}
	if b.full.now {
		return true
	}
	if now-b.cycle.since < upRTTs*b.model.minRTT || s.flying < b.target(upPacingGain) {
		return false
	}
	if s.rate < upGrowth*b.cycle.rate {
		return true
	}
	b.cycle.rate, b.cycle.since = s.rate, now-(upRTTs-1)*b.model.minRTT // another round trip
	return false
}

// adaptLongTerm adapts the long-term bound to what a probe has shown (section
// 5.3.3.7).
func (b *bbr) adaptLongTerm(s *rateSample, now time.Duration) {
	if b.cycle.acks == acksProbeStarting && b.rounds.started {
		b.cycle.acks = acksProbeFeedback
	}
	if b.cycle.acks == acksProbeStopping && b.rounds.started {
		b.cycle.samples, b.cycle.acks = false, acksInit
		if b.inCycle() && !s.appLimited {
			b.model.advanceBW()
		}
	}
	if b.cycle.samples && b.tooMuchLost(s.lost, s.inFlight) {
		b.undo.save(b)
		b.probedTooMuch(s.inFlight, headroom, s.appLimited, now)
		return
	}
	if b.cycle.samples && b.tooManyMarked(s.marked, s.delivered) {
		b.probedTooMuch(s.inFlight, 0, s.appLimited, now)
		return
	}
	if b.bounds.long == unbounded {
		return
	}
	if s.inFlight > b.bounds.long && !b.tooMuchLost(s.lost, s.inFlight) {
		b.bounds.long = s.inFlight
	}
	if b.state == probeUp {
		b.raiseLongTerm(s)
	}
}

// raiseLongTerm raises the bound, at first by raiseShare of the window in a round trip and
// then by twice as much each time. The draft begins with one packet, which is too slow
// for a flow that came late to a path whose queue others keep full.
func (b *bbr) raiseLongTerm(s *rateSample) {
	if b.rounds.started {
		b.cycle.upRounds = min(b.cycle.upRounds+1, 30)
	}
	if !s.cwndLimited || b.cwnd < b.bounds.long {
		return
	}
	growth := min(max(b.cwnd/raiseShare, b.mss)<<min(b.cycle.upRounds-1, 8), b.cwnd)
	b.bounds.long += s.acked * growth / max(b.cwnd, 1)
}
