package session

import (
	"testing"
	"testing/synctest"
	"time"
)

// runPath simulates a path that delivers rate bytes a second after a round trip,
// for so long. It returns how long data was queued at the end, and the rate that
// was reached.
func runPath(t *testing.T, rate float64, round time.Duration, span time.Duration) (queued time.Duration, carried float64) {
	t.Helper()
	const record = 60 << 10
	w, began := newLaneWindow(nil, false), time.Now()
	age := func() time.Duration { return time.Since(began) }
	done := make(chan struct{})
	arrivals := make(chan int64, 1<<16)
	go func() {
		for total := int64(record); w.acquire(t.Context(), record, age, done); total += record {
			arrivals <- total
		}
		close(arrivals)
	}()
	free := age() // when the bottleneck is next free
	var last int64
	for total := range arrivals {
		if free < age() {
			free = age()
		}
		free += time.Duration(record / rate * float64(time.Second))
		time.Sleep(free - age())
		w.mu.Lock()
		queued = time.Duration(float64(w.sent-total) / rate * float64(time.Second))
		w.mu.Unlock()
		at := free + round
		go func() {
			time.Sleep(at - age())
			w.report(total, 0, age())
		}()
		last = total
		if age() > span {
			break
		}
	}
	close(done)
	synctest.Wait()
	time.Sleep(2 * round)
	return queued, float64(last) / age().Seconds()
}

// On every path the window grows until the path is full, and no further than it
// takes to keep it full.
func TestWindowFillsThePathAndNoMore(t *testing.T) {
	for _, path := range []struct {
		rate  float64 // bytes a second
		round time.Duration
	}{
		{1e5, 20 * time.Millisecond},
		{1e6, 5 * time.Millisecond},
		{1e6, 300 * time.Millisecond},
		{2.5e7, 50 * time.Millisecond},
		{1e7, 600 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			queued, carried := runPath(t, path.rate, path.round, 40*time.Second)
			if carried < 0.8*path.rate {
				t.Errorf("%.0f B/s and %v: carried %.0f B/s", path.rate, path.round, carried)
			}
			least := time.Duration(2 * minWindow / path.rate * float64(time.Second))
			if queued > max(least, path.round+2*maxQueueDelay) {
				t.Errorf("%.0f B/s and %v: %v of data in flight", path.rate, path.round, queued)
			}
		})
	}
}

// A false report of received data changes nothing.
func TestWindowIgnoresFalseReports(t *testing.T) {
	w := newLaneWindow(nil, false)
	if !w.acquire(t.Context(), 1000, func() time.Duration { return 0 }, nil) {
		t.Fatal("not acquired")
	}
	for _, report := range []int64{1001, 1 << 62, 0, -5} {
		w.report(report, 0, time.Second)
	}
	if w.delivered != 0 || w.cwnd != initialWindow {
		t.Errorf("delivered %d, window %d", w.delivered, w.cwnd)
	}
}
