package longhaul

import "time"

// rateSample is what an acknowledgement says about the rate at which packets are
// delivered (draft-ietf-ccwg-bbr, section 4.1).
type rateSample struct {
	rate           float64 // bytes a second; 0 if there is no valid sample
	delivered      int64   // bytes, during the time of the sample
	lost           int64   // bytes declared lost since the newest packet was sent
	marked         int64   // bytes reported as marked since then
	inFlight       int64   // bytes when that packet was sent
	priorDelivered int64   // bytes delivered before that packet was sent
	appLimited     bool
	acked          int64         // bytes newly acknowledged
	newlyLost      int64         // bytes newly declared lost
	newlyMarked    int64         // bytes newly reported as marked
	capable        uint64        // packets newly acknowledged that could be marked
	rtt            time.Duration // 0 if there is no sample
	flying         int64         // bytes that are in flight now
	cwndLimited    bool          // the window kept the sender from sending

	valid                bool
	priorTime, newestAt  time.Duration
	sendElapsed, elapsed time.Duration
}

// rateSampler counts what is delivered.
type rateSampler struct {
	delivered   int64 // bytes so far
	deliveredAt time.Duration
	firstSent   time.Duration // when the first packet of the flight was sent
	lost        int64         // bytes so far
	marked      int64         // bytes so far
	appLimited  int64         // the bubble ends when so much is delivered; 0: none
}

// onSent fills in what a packet has to remember. flying is without the packet.
func (r *rateSampler) onSent(p *sentPacket, flying int64) {
	if flying == 0 {
		r.firstSent, r.deliveredAt = p.at, p.at
	}
	p.firstSent, p.deliveredAt, p.delivered = r.firstSent, r.deliveredAt, r.delivered
	p.lost, p.marked, p.inFlight, p.appLimit = r.lost, r.marked, flying+int64(p.size), r.appLimited != 0
}

// limitedByApp says that there is nothing to send though the window has room.
func (r *rateSampler) limitedByApp(flying int64) { r.appLimited = max(1, r.delivered+flying) }

// onAcked adds a packet to a sample.
func (r *rateSampler) onAcked(s *rateSample, p *sentPacket, now time.Duration) {
	r.delivered += int64(p.size)
	r.deliveredAt = now
	s.acked += int64(p.size)
	if s.valid && (p.delivered < s.priorDelivered || p.delivered == s.priorDelivered && p.at < s.newestAt) {
		return
	}
	s.valid, s.priorDelivered, s.priorTime, s.newestAt = true, p.delivered, p.deliveredAt, p.at
	s.appLimited, s.inFlight, s.lost, s.marked = p.appLimit, p.inFlight, p.lost, p.marked
	s.sendElapsed, s.elapsed = p.at-p.firstSent, now-p.deliveredAt
	r.firstSent = p.at
}

// finish computes the rate of a sample. The longer one of the times of sending and
// of acknowledging counts, so that acknowledgements that came in one burst do not
// make a rate that the path does not have. Times below least, the shortest round
// trip, are too short to say anything.
func (r *rateSampler) finish(s *rateSample, least time.Duration) {
	if r.appLimited != 0 && r.delivered > r.appLimited {
		r.appLimited = 0
	}
	if !s.valid {
		return
	}
	s.lost, s.marked = r.lost-s.lost, r.marked-s.marked
	s.delivered = r.delivered - s.priorDelivered
	if interval := max(s.sendElapsed, s.elapsed); interval > 0 && interval >= least {
		s.rate = float64(s.delivered) / interval.Seconds()
	}
}
