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
	faultRuns = flag.Int("fault.runs", 0, "number of runs with faults; 0: 300, or 60 with -short or the race detector")
	faultSeed = flag.Uint64("fault.seed", 0, "seed of the only run with faults; 0: as many runs as -fault.runs says")
)

// Limits of runs with faults.
const (
	runsAtOnce     = 24              // they wait most of the time
	runsAtOnceRace = 12              // with the race detector, which slows them down
	runsPerBatch   = 96              // after each batch no goroutine may be left
	runLimit       = 2 * time.Minute // a run that takes longer hangs
)

// A transfer with faults, at either peer and at any byte, ends with identical
// files, or with an error after which another transfer resumes it. It never hangs,
// and no file with its final name ever has a wrong byte. The faults come from a
// seed, which a failure prints.
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
		plans = append(plans, planFor(seed))
	}
	if *faultSeed != 0 {
		plans = []plan{planFor(*faultSeed)}
	}
	var sum tally
	for batch := range slices.Chunk(plans, runsPerBatch) {
		runAll(t, batch, &sum)
	}
	t.Logf("%d runs: %d succeeded at once, %d reconnected, %d were resumed by another transfer; %v; %v",
		sum.runs, sum.smooth, sum.reconnected, sum.resumed, sum.applied, sum.where)
	if sum.runs >= 300 {
		sum.checkCoverage(t)
	}
}

// checkCoverage fails if some kind of fault never happened.
func (s *tally) checkCoverage(t *testing.T) {
	t.Helper()
	if s.reconnected < s.runs/10 || s.resumed < s.runs/10 {
		t.Error("too few runs reconnected, or had to be resumed")
	}
	for _, d := range slices.Concat(messageActions, connectionActions, []action{stall, cancelSender, cancelReceiver}) {
		if s.applied[d] == 0 {
			t.Errorf("no fault with the action %q happened", d)
		}
	}
	for _, l := range []layer{rawBytes, payloads, relayedRecords, directRecords} {
		if s.where[l] == 0 {
			t.Errorf("no fault on a %s happened", l)
		}
	}
}

// tally counts the outcomes of runs.
type tally struct {
	runs        int
	smooth      int // succeeded without reconnecting
	reconnected int // succeeded after reconnecting
	resumed     int // failed, and were resumed by another transfer
	applied     map[action]int
	where       map[layer]int
}

func (s *tally) add(r *faultRun) {
	s.runs++
	switch {
	case r.outcomes[roleReceiver].err != nil:
		s.resumed++
	case r.proxies[roleReceiver].nJoins > 1:
		s.reconnected++
	default:
		s.smooth++
	}
	if s.applied == nil {
		s.applied, s.where = make(map[action]int), make(map[layer]int)
	}
	for _, f := range r.applied {
		s.applied[f.action]++
		s.where[f.layer]++
	}
}

// runAll runs plans, several at the same time, and reports their problems.
func runAll(t *testing.T, plans []plan, sum *tally) {
	t.Helper()
	dir := t.TempDir()
	before := runtime.NumGoroutine()
	atOnce := runsAtOnce
	if raceDetector {
		atOnce = runsAtOnceRace
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
	awaitGoroutines(t, before)
}

// awaitGoroutines waits until there are no more goroutines than before.
func awaitGoroutines(t *testing.T, before int) {
	t.Helper()
	deadline := time.NewTimer(testTimeout)
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

// The same holds whatever a hostile relay does to one message of either peer.
func TestHostileRelay(t *testing.T) {
	var plans []plan
	for _, d := range messageActions {
		for _, by := range []role{roleSender, roleReceiver} {
			for _, at := range []int64{0, 1, 2, 4, 20} {
				plans = append(plans, plan{
					name: "hostile relay", files: map[string]int{"d/a": 1, "d/b": 3000, "d/c": 2<<20 + 17},
					lanes: []tallow.Lane{tallow.LaneRelay}, wait: shortWait, faults: []fault{{layer: payloads, by: by, at: at, action: d}},
				})
			}
		}
	}
	var sum tally
	runAll(t, plans, &sum)
	if n := len(sum.applied); n != len(messageActions) && !t.Failed() {
		t.Errorf("%d actions happened, want %d", n, len(messageActions))
	}
}
