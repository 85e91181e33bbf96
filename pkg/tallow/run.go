package tallow

import (
	"context"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// transferRun is one Send or Receive while it runs: its state, what it counts,
// and the one place where events leave the package.
type transferRun struct {
	onEvent  func(Event)
	progress transfer.Progress
	pause    *transfer.Pause
	began    time.Time // when the other side had proved itself; later, when the offer was accepted
	accepted bool

	mu    sync.Mutex // also held while onEvent runs, so that events come one at a time
	state State
}

func newRun(onEvent func(Event), controls *Controls) *transferRun {
	if controls == nil {
		controls = &Controls{}
	}
	if onEvent == nil {
		onEvent = func(Event) {}
	}
	t := &transferRun{onEvent: onEvent, pause: &controls.pause, state: StatePending}
	t.tell(StateEvent{State: StatePending})
	return t
}

func (t *transferRun) tell(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.onEvent(e)
}

// happen moves the state on and tells it. What cannot happen changes nothing.
func (t *transferRun) happen(h transfer.StateEvent) { t.happenFor(h, "") }

// happenFor is happen with a reason that people are told.
func (t *transferRun) happenFor(h transfer.StateEvent, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next, err := t.state.Next(h)
	if err != nil {
		return
	}
	t.state = next
	t.onEvent(StateEvent{State: next, Reason: reason})
}

// authenticated notes that the other side is who it should be.
func (t *transferRun) authenticated() {
	t.began = time.Now()
	t.happen(transfer.EventPeerAuthenticated)
	t.tell(PeerEvent{})
}

// accept notes that the offer is accepted: how long people took to answer says
// nothing of the transfer. Later acceptances are those of a receiver that was
// started again.
func (t *transferRun) accept() {
	if !t.accepted {
		t.accepted, t.began = true, time.Now()
	}
}

// restarted forgets what was counted of a receiver that has forgotten it too.
func (t *transferRun) restarted() {
	t.progress.Bytes.Store(0)
	t.progress.Files.Store(0)
	t.happen(transfer.EventPeerAuthenticated) // if anybody was told that the old one was lost
}

// remaining is how many bytes are still to be verified and written, 0 if that is not
// known.
func (t *transferRun) remaining() int64 {
	return max(t.progress.Total.Load()-t.progress.Bytes.Load(), 0)
}

// progressInterval: at most ten events a second.
const progressInterval = 100 * time.Millisecond

// reportProgress tells the progress, whenever it has changed, until it is
// stopped or ctx ends.
func (t *transferRun) reportProgress(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var reporter sync.WaitGroup
	reporter.Go(func() { t.report(ctx) })
	return func() {
		cancel()
		reporter.Wait()
	}
}

// report is the goroutine of reportProgress.
func (t *transferRun) report(ctx context.Context) {
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	var rate speed
	var last ProgressEvent
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			p := ProgressEvent{Bytes: t.progress.Bytes.Load(), Total: t.progress.Total.Load(), Files: t.progress.Files.Load()}
			p.Rate = rate.of(sample{now, p.Bytes, t.progress.SentTotal()}, t.progress.Limit.Load())
			if p != last && (p.Bytes+p.Files > 0 || p.Rate > 0) {
				last = p
				t.tell(p)
			}
		}
	}
}

// result sums up what a transfer did.
func (t *transferRun) result(r transfer.Result) Result {
	sum := Result{
		Files: r.Files, Bytes: r.Bytes, Skipped: r.Failed + r.Omitted,
		Sent: t.progress.SentTotal(), Lanes: make(map[Lane]int64), Elapsed: time.Since(t.began),
	}
	for _, kind := range []wire.Lanes{wire.LaneTCP, wire.LaneWebRTC, wire.LaneRelay} {
		if n := t.progress.SentBy(kind); n > 0 {
			sum.Lanes[laneName(kind)] = n
		}
	}
	return sum
}

// end tells the last events and returns what the caller gets.
func (t *transferRun) end(ctx context.Context, r Result, corrupt int64, err error) (Result, error) {
	err = explain(ctx, err)
	if err != nil {
		e := err.(*Error)
		h := transfer.EventFailed
		if e.Kind == KindInterrupted || e.Kind == KindDeclined {
			h = transfer.EventCancelled
		}
		if e.Kind == KindInterrupted && t.began.IsZero() {
			e.Hint = "" // there is nothing to take up again
		}
		t.happen(h)
		return r, err
	}
	t.happen(transfer.EventCompleted)
	t.tell(DoneEvent{r})
	return r, incomplete(r, corrupt)
}
