package session

import (
	"context"
	"testing"
	"time"
)

// bottleneck simulates a path that several lanes share, in steps of a millisecond.
// Its queue drops nothing.
type bottleneck struct {
	rate    float64 // bytes a millisecond
	round   int     // milliseconds
	queued  float64
	longest float64
	carried int64
	reports map[int][]report // by the millisecond in which they arrive
}

type report struct {
	lane  int
	total int64
}

// runSharedPath sends on several lanes as much as their windows allow, for so long.
func runSharedPath(t *testing.T, b *bottleneck, lanes int, span time.Duration) {
	t.Helper()
	const record = 60 << 10
	path := newPathWindow()
	stopped, stop := context.WithCancel(t.Context())
	stop() // so that acquire never waits
	var windows []*laneWindow
	var sent, out []int64
	for range lanes {
		windows, sent, out = append(windows, newLaneWindow(path, false)), append(sent, 0), append(out, 0)
	}
	b.reports = make(map[int][]report)
	var fifo []int // the lanes of the records in the queue
	for ms := 0; ms < int(span.Milliseconds()); ms++ {
		now := func() time.Duration { return time.Duration(ms) * time.Millisecond }
		for _, r := range b.reports[ms] {
			rtt := time.Duration(b.round+int(b.queued/b.rate)) * time.Millisecond
			windows[r.lane].report(r.total, rtt, now())
		}
		for i, p := range windows {
			for p.acquire(stopped, record, now, nil) {
				fifo, sent[i] = append(fifo, i), sent[i]+record
				b.queued += record
			}
		}
		b.longest = max(b.longest, b.queued)
		for room := b.rate; room > 0 && len(fifo) > 0 && b.queued > 0; room -= record {
			if float64(record) > room && ms%int(record/b.rate+1) != 0 {
				break
			}
			i := fifo[0]
			fifo, out[i] = fifo[1:], out[i]+record
			b.queued -= record
			b.carried += record
			b.reports[ms+b.round] = append(b.reports[ms+b.round], report{i, out[i]})
		}
	}
}

// Together the lanes fill the path and keep its queue short, however many there
// are.
func TestLanesShareAPath(t *testing.T) {
	for _, lanes := range []int{1, 2, 8} {
		b := &bottleneck{rate: 25e3, round: 50}
		runSharedPath(t, b, lanes, 20*time.Second)
		full := 60 << 10 * 20000 / 3 // a record each three milliseconds
		if float64(b.carried) < 0.8*float64(full) {
			t.Errorf("%d lanes carried %d bytes of %d", lanes, b.carried, full)
		}
		if most := float64(2 * 50 * 25e3); b.longest > most {
			t.Errorf("%d lanes queued %.0f bytes, over %.0f", lanes, b.longest, most)
		}
	}
}

// Data in flight on a dead lane no longer counts, and a late report of it changes
// nothing.
func TestDeadLaneIsNotInFlight(t *testing.T) {
	path := newPathWindow()
	p, q := newLaneWindow(path, false), newLaneWindow(path, false)
	age := func() time.Duration { return time.Second }
	for _, x := range []*laneWindow{p, q} {
		if !x.acquire(t.Context(), 1000, age, nil) {
			t.Fatal("not acquired")
		}
	}
	p.close()
	p.close()
	p.report(500, 0, 2*time.Second)
	if path.inFlight != 1000 || path.delivered != 0 {
		t.Errorf("%d bytes in flight, %d delivered", path.inFlight, path.delivered)
	}
	if p.acquire(t.Context(), 1000, age, nil) || path.inFlight != 1000 {
		t.Errorf("a dead lane was given more; %d bytes in flight", path.inFlight)
	}
	q.report(1000, 0, 2*time.Second)
	if path.inFlight != 0 || path.delivered != 1000 {
		t.Errorf("%d bytes in flight, %d delivered", path.inFlight, path.delivered)
	}
}

// A stalled lane leaves most of the path to the others.
func TestStalledLaneUsesLittle(t *testing.T) {
	path := newPathWindow()
	p := newLaneWindow(path, false)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	age := func() time.Duration { return 0 }
	for p.acquire(stopped, 1000, age, nil) {
	}
	if p.inFlight() > initialWindow {
		t.Errorf("%d bytes in flight on a lane that delivers nothing", p.inFlight())
	}
}
