package tallow_test

import (
	"context"
	"flag"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

var (
	faultRuns = flag.Int("fault.runs", 0, "how many runs with faults there are; 0: 300, or 60 where that would take long")
	faultSeed = flag.Uint64("fault.seed", 0, "the only run with faults that there is; 0: as many as -fault.runs says")
)

// Limits of runs with faults.
const (
	runsAtOnce = 24              // they wait most of the time
	runsInRace = 12              // at once, where the race detector slows them
	runsABatch = 96              // after each, no goroutine is left
	runLimit   = 2 * time.Minute // of one: what is over it hangs
)

// A transfer in which things go wrong, one after the other, on either side and
// at any byte, ends with identical bytes, or with an error after which another
// transfer brings the rest. It never hangs, and no file ever bears its name with
// a wrong byte. What goes wrong comes from a seed, which a failure tells.
func TestFaults(t *testing.T) {
	runs := *faultRuns
	if runs == 0 {
		runs = 300
		if testing.Short() || raceDetector {
			runs = 60
		}
	}
	var plans []plan
	for seed := uint64(1); seed <= uint64(runs); seed++ {
		plans = append(plans, planOf(seed))
	}
	if *faultSeed != 0 {
		plans = []plan{planOf(*faultSeed)}
	}
	var sum tally
	for batch := range slices.Chunk(plans, runsABatch) {
		runAll(t, batch, &sum)
	}
	t.Logf("%d runs: %d without a loss, %d met again, %d were taken up by another; %v; %v",
		sum.runs, sum.smooth, sum.met, sum.taken, sum.struck, sum.where)
	if sum.runs >= 300 {
		sum.suffices(t)
	}
}

// suffices fails if the faults missed: that proves nothing.
func (s *tally) suffices(t *testing.T) {
	t.Helper()
	if s.met < s.runs/10 || s.taken < s.runs/10 {
		t.Error("too few runs lost their connections, or had to be taken up")
	}
	for _, d := range slices.Concat(tampers, breaks, []deed{stall, cancelSender, cancelReceiver}) {
		if s.struck[d] == 0 {
			t.Errorf("nothing suffered a %q", d)
		}
	}
	for _, l := range []layer{bytesOf, payloads, records, directs} {
		if s.where[l] == 0 {
			t.Errorf("nothing happened to a %s", l)
		}
	}
}

// tally is what became of runs.
type tally struct {
	runs   int
	smooth int // succeeded without meeting again
	met    int // succeeded after meeting again
	taken  int // failed, and were taken up
	struck map[deed]int
	where  map[layer]int
}

func (s *tally) add(r *faultRun) {
	s.runs++
	switch {
	case r.sides[theReceiver].err != nil:
		s.taken++
	case r.roads[theReceiver].nSeats > 1:
		s.met++
	default:
		s.smooth++
	}
	if s.struck == nil {
		s.struck, s.where = make(map[deed]int), make(map[layer]int)
	}
	for _, f := range r.struck {
		s.struck[f.deed]++
		s.where[f.layer]++
	}
}

// runAll runs plans, several at the same time, and reports what is wrong.
func runAll(t *testing.T, plans []plan, sum *tally) {
	t.Helper()
	dir := t.TempDir()
	before := runtime.NumGoroutine()
	atOnce := runsAtOnce
	if raceDetector {
		atOnce = runsInRace
	}
	turns := make(chan struct{}, atOnce)
	var mu sync.Mutex // of sum and what follows
	hung := false
	var all sync.WaitGroup
	for _, p := range plans {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			watchdog := time.AfterFunc(runLimit, func() {
				mu.Lock()
				if !hung {
					t.Errorf("a run hangs; all goroutines:\n%s", goroutines())
				}
				hung = true
				mu.Unlock()
				cancel()
			})
			defer watchdog.Stop()
			r, err := runPlan(ctx, p, dir)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || len(r.problems) > 0 {
				t.Errorf("%v: %v", err, r)
				return
			}
			sum.add(r)
		})
	}
	all.Wait()
	leftOver(t, before)
}

// leftOver waits until there are no more goroutines than before.
func leftOver(t *testing.T, before int) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for runtime.NumGoroutine() > before {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%d goroutines are left over:\n%s", runtime.NumGoroutine()-before, goroutines())
		}
	}
}

func goroutines() string {
	var b strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
	return b.String()
}

// Whatever an evil relay does to any one message of either side, the same holds.
func TestEvilRelay(t *testing.T) {
	var plans []plan
	for _, d := range tampers {
		for _, by := range []from{theSender, theReceiver} {
			for _, at := range []int64{0, 1, 2, 4, 20} {
				plans = append(plans, plan{
					name: "the evil relay", files: map[string]int{"d/a": 1, "d/b": 3000, "d/c": 2<<20 + 17},
					lanes: []tallow.Lane{tallow.LaneRelay}, wait: shortWait, faults: []fault{{layer: payloads, by: by, at: at, deed: d}},
				})
			}
		}
	}
	var sum tally
	runAll(t, plans, &sum)
	if n := len(sum.struck); n != len(tampers) && !t.Failed() {
		t.Errorf("%d things were done, not %d", n, len(tampers))
	}
}
