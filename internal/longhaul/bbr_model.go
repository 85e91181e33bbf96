package longhaul

import "time"

// The rate of one round trip is as wrong as its beginning and its end are late. The
// maximum of many such rates is more than the path delivers, and what is sent above that
// becomes a queue that stays. So rates up to clearlyMore times the bandwidth count by
// their mean over smoothRounds.
const (
	smoothRounds = 6
	clearlyMore  = 1.2
)

// mark is how much was delivered by a time.
type mark struct {
	delivered int64
	at        time.Duration
}

// pathModel is what the sender knows of the path (section 5.5).
type pathModel struct {
	bws [2]float64 // the highest rates of this cycle of probing and of the one before

	marks [smoothRounds + 1]mark // the beginnings of the last rounds, oldest first

	minRTT     time.Duration // 0 before the first sample
	minRTTAt   time.Duration
	probedRTT  time.Duration // the shortest since it was probed
	probedAt   time.Duration
	extra      [2]int64 // the highest aggregation of this period and of the one before
	extraRound int      // when this period began

	extraSince     time.Duration
	extraDelivered int64
}

func newPathModel() pathModel { return pathModel{} }

func (m *pathModel) maxBW() float64 { return max(m.bws[0], m.bws[1]) }

// smoothed returns what to take for a sampled rate: its mean over several round trips
// when one begins, else 0, unless the path clearly delivers more than before.
func (m *pathModel) smoothed(rate float64, roundStarted bool, delivered int64, now time.Duration) float64 {
	mean := 0.0
	if roundStarted {
		copy(m.marks[:], m.marks[1:])
		m.marks[smoothRounds] = mark{delivered, now}
		if first := m.marks[0]; first.at > 0 && now > first.at {
			mean = float64(delivered-first.delivered) / (now - first.at).Seconds()
		}
	}
	if rate >= clearlyMore*m.maxBW() {
		return rate
	}
	return mean
}

// updateBW takes a sample of the bandwidth (section 5.5.5).
func (m *pathModel) updateBW(rate float64, appLimited bool) {
	if rate >= m.maxBW() || !appLimited {
		m.bws[0] = max(m.bws[0], rate)
	}
}

// advanceBW begins another cycle. The rates of the last but one are forgotten.
func (m *pathModel) advanceBW() {
	if m.bws[0] == 0 {
		return // no samples in this cycle
	}
	m.bws[1], m.bws[0] = m.bws[0], 0
}

// updateMinRTT takes a sample of the round trip, and says whether it is time to probe
// it (section 5.5.7).
func (m *pathModel) updateMinRTT(rtt, now time.Duration) (expired bool) {
	expired = m.minRTT > 0 && now > m.probedAt+probeRTTEvery
	if rtt > 0 && (m.probedRTT == 0 || rtt <= m.probedRTT || expired) {
		m.probedRTT, m.probedAt = rtt, now
	}
	if m.probedRTT > 0 && (m.minRTT == 0 || m.probedRTT <= m.minRTT || now > m.minRTTAt+minRTTWindow) {
		m.minRTT, m.minRTTAt = m.probedRTT, m.probedAt
	}
	return expired
}

// updateExtraAcked measures how much more is acknowledged at once than the bandwidth
// explains, so that the sender need not wait meanwhile (section 5.5.9).
func (m *pathModel) updateExtraAcked(s *rateSample, b *bbr, now time.Duration) {
	bw := b.bw()
	expected := int64(bw * (now - m.extraSince).Seconds())
	if m.extraDelivered <= expected {
		m.extraSince, m.extraDelivered, expected = now, 0, 0
	}
	m.extraDelivered += s.acked
	extra := min(m.extraDelivered-expected, b.cwnd, int64(bw*extraAckLongest.Seconds()))
	period := extraAckRounds
	if !b.full.reached {
		period = 1
	}
	if b.rounds.count-m.extraRound >= period {
		m.extra[1], m.extra[0], m.extraRound = m.extra[0], 0, b.rounds.count
	}
	m.extra[0] = max(m.extra[0], extra)
}

func (m *pathModel) extraAcked() int64 { return max(m.extra[0], m.extra[1]) }

// roundCounter counts round trips by what is delivered (section 5.5.1).
type roundCounter struct {
	next    int64 // the round ends when a packet arrives that was sent after so much was delivered
	started bool  // a round begins with this acknowledgement
	count   int
	sinceUp int // rounds since the bandwidth was probed
}

func (r *roundCounter) update(s *rateSample, delivered int64) {
	r.started = s.valid && s.priorDelivered >= r.next
	if r.started {
		r.start(delivered)
		r.count++
		r.sinceUp++
	}
}

func (r *roundCounter) start(delivered int64) { r.next = delivered }
