package longhaul

import "time"

const (
	// packetThreshold is how many later packets must have arrived before one is
	// lost, until the path has been seen to reorder (RFC 9002, section 6.1.1).
	packetThreshold = 3
	// maxReorderSteps bounds the window for reordering, in quarters of the shortest
	// round trip (RFC 8985, section 6.2). It is at most the smoothed round trip.
	maxReorderSteps = 16
	// reorderPersist is after how many round trips without a mistake the window for
	// reordering is narrow again.
	reorderPersist = 16
	// maxProbeBackoff bounds the time between two probes.
	maxProbeBackoff = 3 * time.Second
)

// lossDetector decides when a packet is lost (RFC 8985): when one that was sent
// sufficiently later has arrived. A probe makes something arrive when nothing does.
type lossDetector struct {
	rtt rttEstimator

	newest    uint64        // the packet, of those that have arrived, that was sent last
	newestAt  time.Duration // when it was sent
	newestRTT time.Duration // how long it took
	arrived   bool          // any has

	reordered bool // the path has been seen to reorder
	steps     int  // of the window for reordering
	widened   uint64
	mistakeAt time.Duration

	lossAt     time.Duration // when the next packet is lost
	probes     int           // sent since something arrived
	lastSent   time.Duration // when an eliciting packet was sent last
	highestAck uint64        // the highest number that has arrived
}

func newLossDetector() lossDetector {
	return lossDetector{rtt: newRTTEstimator(), steps: 1, lossAt: never}
}

// onAcked notes that a packet has arrived.
func (d *lossDetector) onAcked(number uint64, p *sentPacket, now time.Duration) {
	if number < d.highestAck && p.state == packetFlying {
		d.reordered = true
	}
	if !d.arrived || p.at >= d.newestAt && number > d.newest {
		d.arrived, d.newest, d.newestAt, d.newestRTT = true, number, p.at, now-p.at
	}
}

// onMistake notes that a packet that was declared lost has arrived. Once in a round
// trip that widens the window for reordering.
func (d *lossDetector) onMistake(number uint64, next uint64, now time.Duration) {
	d.reordered, d.mistakeAt = true, now
	if number >= d.widened {
		d.widened = next
		d.steps = min(d.steps+1, maxReorderSteps)
	}
}

// window returns how much later than a packet one has to be sent, and arrive, so that
// the first one is lost.
func (d *lossDetector) window(now time.Duration) time.Duration {
	if d.steps > 1 && now-d.mistakeAt > reorderPersist*d.rtt.smoothed {
		d.steps = 1
	}
	return min(max(d.rtt.least/4, granularity)*time.Duration(d.steps), d.rtt.smoothed)
}

// detect calls lost with each packet that is lost by now, and notes when the next one
// will be.
func (d *lossDetector) detect(q *sentQueue, now time.Duration, lost func(number uint64, p *sentPacket)) {
	d.lossAt = never
	if !d.arrived {
		return
	}
	wait := d.newestRTT + d.window(now)
	for n := q.firstFlying(); n < d.newest; n++ {
		p := q.get(n)
		if p.state != packetFlying {
			continue
		}
		due := p.at + wait
		if due <= now || !d.reordered && d.newest-n >= packetThreshold {
			lost(n, p)
			continue
		}
		d.lossAt = due // later packets are due later
		return
	}
}

// deadline returns when to look for lost packets or to send a probe.
func (d *lossDetector) deadline(flying bool) time.Duration {
	if d.lossAt != never {
		return d.lossAt
	}
	if !flying {
		return never
	}
	return d.lastSent + d.backoff()
}

// backoff returns the time until the next probe.
func (d *lossDetector) backoff() time.Duration {
	return min(d.rtt.probeTimeout()<<min(d.probes, 8), max(maxProbeBackoff, d.rtt.probeTimeout()))
}
