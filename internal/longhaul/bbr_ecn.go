package longhaul

// The reaction to marks has the parameters that BBR version 3 has in Linux: marks in a
// round trip reduce what is in flight by up to a third, by the mean share of packets that
// have one. A probe ends, and startup, when half of the packets are marked. Unlike after a
// loss that may be less than what has just been delivered, since what is marked is
// delivered.
//
// Other than there, a round trip without marks raises the bound again, and it is never
// below two thirds of what the path is believed to hold, which follows what is delivered. A
// network that marks as soon as there is a queue, if only of one batch of packets, would
// otherwise be left idle until the next probe. And what is marked while the queue of
// startup goes says nothing new.
const (
	ecnMeanGain  = 1.0 / 16 // of a round trip in the mean
	ecnReduction = 1.0 / 3  // with all packets marked
	ecnRecovery  = 1.0 / 16 // in a round trip without marks
	ecnFull      = 0.5      // of the packets
	ecnRounds    = 2        // of startup
)

// markRounds counts marks by round trips.
type markRounds struct {
	marked int64   // bytes in this round
	mean   float64 // share of marked bytes in a round
	full   int     // rounds of startup, one after the other, with ecnFull
}

func newMarkRounds() markRounds { return markRounds{mean: 1} }

// tooManyMarked says whether so much of what was delivered is marked that the path holds
// no more.
func (b *bbr) tooManyMarked(marked, delivered int64) bool {
	return marked >= minLost*b.mss && float64(marked) >= ecnFull*float64(delivered)
}

// adaptToMarks bounds the window after a round with marks, except while probing.
func (b *bbr) adaptToMarks(s *rateSample) {
	m := &b.marks
	m.marked += s.newlyMarked
	if !b.losses.ended {
		return
	}
	marked, acked := m.marked, max(b.losses.acked, 1)
	m.marked = 0
	m.mean += (min(float64(marked)/float64(acked), 1) - m.mean) * ecnMeanGain
	switch b.state {
	case startup:
		if m.full++; !b.tooManyMarked(marked, acked) {
			m.full = 0
		}
		if m.full >= ecnRounds && b.full.bw > 0 {
			b.full.reached, b.full.now = true, true
			m.full = 0 // for the next startup, after restart
		}
	case drain, refill, probeUp:
	default:
		b.boundByMarks(marked, s.inFlight)
	}
}

// boundByMarks bounds the window by the marks of a round in which so much was in flight.
func (b *bbr) boundByMarks(marked, inFlight int64) {
	bound, holds := &b.bounds.marked, b.bdp(b.model.maxBW(), 1)
	if marked == 0 {
		if *bound < 2*holds {
			*bound += int64(ecnRecovery * float64(holds))
		} else {
			*bound = unbounded
		}
		return
	}
	*bound = min(*bound, b.cwnd, max(inFlight, holds))
	reduced := *bound - int64(ecnReduction*b.marks.mean*float64(*bound))
	*bound = max(reduced, holds-int64(ecnReduction*float64(holds)))
}
