package tallow

import "time"

// The rate of a transfer is the average over the last rateSpan. With a limit it is
// the average over the time that rateBytes take, up to rateMost, because data comes
// in records of 64 KiB.
const (
	rateSpan  = 3 * time.Second
	rateBytes = 512 << 10
	rateMost  = 10 * time.Minute
)

// sample is the progress of a transfer at one time.
type sample struct {
	at    time.Time
	bytes int64 // arrived, or there already
	sent  int64 // payload bytes that were transferred
}

// speed computes the current rate of a transfer.
type speed struct{ samples []sample }

// of adds a sample and gives the rate in bytes a second. Under a limit it is that
// of what crosses, which the limit counts.
func (s *speed) of(now sample, limit int64) float64 {
	span := rateSpan
	if limit > 0 {
		span = min(max(span, time.Duration(float64(rateBytes)/float64(limit)*float64(time.Second))), rateMost)
	}
	// Without progress no sample is added, but the time since then still counts.
	if n := len(s.samples); n < 2 || s.samples[n-1].bytes != now.bytes || s.samples[n-1].sent != now.sent ||
		now.at.Sub(s.samples[n-1].at) > rateSpan {
		s.samples = append(s.samples, now)
	}
	for now.at.Sub(s.samples[0].at) > span {
		s.samples = s.samples[1:]
	}
	first := s.samples[0]
	took := now.at.Sub(first.at).Seconds()
	switch {
	case took <= 0:
		return 0
	case limit > 0 && now.sent > first.sent:
		return float64(now.sent-first.sent) / took
	}
	return max(float64(now.bytes-first.bytes), 0) / took
}
