package session

import "time"

// rateEstimator measures the delivery rate from reports of delivered bytes.
type rateEstimator struct {
	interval time.Duration // measured over this, or over two round trips if those take longer
	maxAge   time.Duration // how long the best rate counts, or ten round trips; 0: only the latest rate counts
	reports  []sample      // of the last interval

	best  [2]float64    // of the current period and of the previous one
	since time.Duration // when the current period began
}

// sample is a number of bytes at a time since the session started.
type sample struct {
	bytes int64
	at    time.Duration
}

// add takes a report that total bytes are delivered, and returns the rate in bytes
// a second.
func (r *rateEstimator) add(total int64, now, rtt time.Duration) float64 {
	interval := max(r.interval, 2*rtt)
	r.reports = append(r.reports, sample{total, now})
	for len(r.reports) > 2 && now-r.reports[0].at > interval {
		r.reports = r.reports[1:]
	}
	first := r.reports[0]
	if now <= first.at {
		return 0
	}
	rate := float64(total-first.bytes) / (now - first.at).Seconds()
	if r.maxAge == 0 {
		return rate
	}
	if now-r.since > max(r.maxAge, 10*rtt) {
		r.best[1], r.best[0], r.since = r.best[0], 0, now
	}
	if now-first.at >= interval/2 { // reports close together say little
		r.best[0] = max(r.best[0], rate)
	}
	return max(rate, r.best[0], r.best[1])
}
