package session

import "time"

// rates measures how fast bytes arrive, from reports of how many have.
type rates struct {
	span    time.Duration // over which it is measured, or two round trips
	keep    time.Duration // for how long the best rate counts, or ten; 0 if only the latest does
	reports []mark        // what had arrived when, over the span

	best  [2]float64    // of this period, and of the one before
	began time.Duration // when this period began
}

// mark is a number of bytes at a time of the session's age.
type mark struct {
	bytes int64
	at    time.Duration
}

// report takes in that total bytes have arrived by now, and returns how many a
// second do.
func (r *rates) report(total int64, now, round time.Duration) float64 {
	span := max(r.span, 2*round)
	r.reports = append(r.reports, mark{total, now})
	for len(r.reports) > 2 && now-r.reports[0].at > span {
		r.reports = r.reports[1:]
	}
	first := r.reports[0]
	if now <= first.at {
		return 0
	}
	rate := float64(total-first.bytes) / (now - first.at).Seconds()
	if r.keep == 0 {
		return rate
	}
	if now-r.began > max(r.keep, 10*round) {
		r.best[1], r.best[0], r.began = r.best[0], 0, now
	}
	if now-first.at >= span/2 { // a few reports close together say little
		r.best[0] = max(r.best[0], rate)
	}
	return max(rate, r.best[0], r.best[1])
}
