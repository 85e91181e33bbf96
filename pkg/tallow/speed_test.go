package tallow

import (
	"testing"
	"time"
)

// The rate is that of the last seconds. With a limit it is smooth, although
// records are large and a block may be verified only once a minute.
func TestSpeed(t *testing.T) {
	const record = 65455
	for _, limit := range []int64{2 << 20, 100_000, 10_000, 1024} {
		var s speed
		var now sample
		now.at = time.Unix(0, 0)
		for range 20 * 60 * 10 {
			now.at = now.at.Add(100 * time.Millisecond)
			elapsed := now.at.Sub(time.Unix(0, 0)).Seconds()
			now.sent = int64(elapsed*float64(limit)) / record * record
			now.bytes = now.sent >> 20 << 20
			rate := s.of(now, limit)
			if elapsed < 3*record/float64(limit)+4 {
				continue
			}
			if rate < 0.6*float64(limit) || rate > 1.4*float64(limit) {
				t.Fatalf("at %d bytes a second the rate is %.0f after %.1f s", limit, rate, elapsed)
			}
		}
		if n := len(s.samples); n > 700 {
			t.Errorf("%d samples are kept", n)
		}
	}
}

// Without a limit, what was there already counts too, and after three seconds
// without progress the rate is 0.
func TestSpeedWithoutALimit(t *testing.T) {
	var s speed
	at := time.Unix(0, 0)
	step := func(bytes int64) float64 {
		at = at.Add(100 * time.Millisecond)
		return s.of(sample{at: at, bytes: bytes}, 0)
	}
	if rate := step(5000); rate != 0 {
		t.Errorf("%v at once", rate)
	}
	var rate float64
	for i := range int64(100) {
		rate = step(5000 + 100*(i+1))
	}
	if rate < 999 || rate > 1001 {
		t.Errorf("%v bytes a second, want 1000", rate)
	}
	for range 31 {
		rate = step(15000)
	}
	if rate != 0 {
		t.Errorf("%v after three seconds without progress", rate)
	}
}
