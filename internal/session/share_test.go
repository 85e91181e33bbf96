package session

import (
	"context"
	"testing"
	"time"
)

// bottleneck is a simulated path that several lanes share. Each step is a
// millisecond; the queue drops nothing, and how full it was is remembered.
type bottleneck struct {
	rate    float64 // bytes a millisecond
	round   int     // milliseconds
	queued  float64
	longest float64
	carried int64
	news    map[int][]report // by when they come
}

type report struct {
	lane  int
	total int64
}

// runShared has lanes send as much as the share lets them, for so long.
func runShared(t *testing.T, b *bottleneck, lanes int, span time.Duration) {
	t.Helper()
	const record = 60 << 10
	s := newShare()
	stopped, stop := context.WithCancel(t.Context())
	stop() // who would have to wait does not
	var paces []*pace
	var sent, out []int64
	for range lanes {
		paces, sent, out = append(paces, newPace(s)), append(sent, 0), append(out, 0)
	}
	b.news = make(map[int][]report)
	var fifo []int // the lanes of the records in the queue
	for ms := 0; ms < int(span.Milliseconds()); ms++ {
		now := func() time.Duration { return time.Duration(ms) * time.Millisecond }
		for _, r := range b.news[ms] {
			path := time.Duration(b.round+int(b.queued/b.rate)) * time.Millisecond
			paces[r.lane].report(r.total, path, now())
		}
		for i, p := range paces {
			for p.admit(stopped, record, now, nil) {
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
			b.news[ms+b.round] = append(b.news[ms+b.round], report{i, out[i]})
		}
	}
}

// However many lanes there are, together they fill the path and keep its queue
// short.
func TestLanesOfAPathShareIt(t *testing.T) {
	for _, lanes := range []int{1, 2, 8} {
		b := &bottleneck{rate: 25e3, round: 50}
		runShared(t, b, lanes, 20*time.Second)
		full := 60 << 10 * 20000 / 3 // a record each three milliseconds
		if float64(b.carried) < 0.8*float64(full) {
			t.Errorf("%d lanes carried %d bytes of %d", lanes, b.carried, full)
		}
		if most := float64(2 * 50 * 25e3); b.longest > most {
			t.Errorf("%d lanes queued %.0f bytes, over %.0f", lanes, b.longest, most)
		}
	}
}

// What was under way on a lane that died is no longer counted, and what is still
// said of it changes nothing.
func TestADeadLaneLeavesTheShare(t *testing.T) {
	s := newShare()
	p, q := newPace(s), newPace(s)
	age := func() time.Duration { return time.Second }
	for _, x := range []*pace{p, q} {
		if !x.admit(t.Context(), 1000, age, nil) {
			t.Fatal("not admitted")
		}
	}
	p.leave()
	p.leave()
	p.report(500, 0, 2*time.Second)
	if s.underway != 1000 || s.arrived != 0 {
		t.Errorf("%d bytes under way, %d arrived", s.underway, s.arrived)
	}
	if p.admit(t.Context(), 1000, age, nil) || s.underway != 1000 {
		t.Errorf("a dead lane was given more; %d bytes under way", s.underway)
	}
	q.report(1000, 0, 2*time.Second)
	if s.underway != 0 || s.arrived != 1000 {
		t.Errorf("%d bytes under way, %d arrived", s.underway, s.arrived)
	}
}

// A lane that stalls leaves most of the path to the others.
func TestAStalledLaneTakesLittle(t *testing.T) {
	s := newShare()
	p := newPace(s)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	age := func() time.Duration { return 0 }
	for p.admit(stopped, 1000, age, nil) {
	}
	if p.underway() > paceFirst {
		t.Errorf("%d bytes under way on a lane of which nothing is known", p.underway())
	}
}
