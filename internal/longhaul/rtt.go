package longhaul

import "time"

const (
	// initialRTT is assumed before the first sample.
	initialRTT = 200 * time.Millisecond
	// maxAckDelay bounds how long a peer holds back an acknowledgement on purpose.
	maxAckDelay = 5 * time.Millisecond
	// granularity is what a timer is late anyway.
	granularity = time.Millisecond
)

// rttEstimator estimates the round-trip time (RFC 9002, section 5).
type rttEstimator struct {
	latest   time.Duration // 0 before the first sample
	smoothed time.Duration
	variance time.Duration
	least    time.Duration // ever
}

func newRTTEstimator() rttEstimator {
	return rttEstimator{smoothed: initialRTT, variance: initialRTT / 2}
}

// sample adds a sample, with the delay that the peer says is its own.
func (r *rttEstimator) sample(rtt, delay time.Duration) {
	rtt = max(rtt, time.Microsecond)
	first := r.latest == 0
	r.latest = rtt
	if first {
		r.least, r.smoothed, r.variance = rtt, rtt, rtt/2
		return
	}
	r.least = min(r.least, rtt)
	if delay = min(max(delay, 0), maxAckDelay); rtt >= r.least+delay {
		rtt -= delay
	}
	r.variance += ((r.smoothed - rtt).Abs() - r.variance) / 4
	r.smoothed += (rtt - r.smoothed) / 8
}

// probeTimeout returns after how long without an acknowledgement a probe is sent
// (RFC 9002, section 6.2.1).
func (r *rttEstimator) probeTimeout() time.Duration {
	return r.smoothed + max(4*r.variance, granularity) + maxAckDelay
}
