package longhaul

// The reaction to marks is the one that BBR version 3 has in Linux: marks that come in
// every round trip reduce what is in flight by up to a third in each, by the mean share
// of packets that have one. A probe ends, and startup, when half of the packets are
// marked. Unlike after a loss that may be less than what has just been delivered, since
// what is marked is delivered.
const (
	ecnMeanGain  = 1.0 / 16 // of a round trip in the mean
	ecnReduction = 1.0 / 3  // with all packets marked
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
		if m.full == ecnRounds && b.full.bw > 0 {
			b.full.reached, b.full.now = true, true
			b.bounds.long = b.bdp(b.model.maxBW(), 1)
		}
	case refill, probeUp:
	default:
		if marked == 0 {
			return
		}
		if b.bounds.short == unbounded {
			b.bounds.short = b.cwnd
		}
		b.bounds.short -= int64(ecnReduction * m.mean * float64(b.bounds.short))
		b.bounds.short = max(b.bounds.short, minPipePackets*b.mss)
	}
}
