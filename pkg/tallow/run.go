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
	sending  bool
	keeps    bool // what arrives is kept where another transfer finds it
	waiting  bool // the sender waits for another process of this receiver
	onEvent  func(Event)
	progress transfer.Progress
	pause    *transfer.Pause
	began    time.Time // when the peer had proved itself; later, when the offer was accepted
	accepted bool

	mu    sync.Mutex     // also held while onEvent runs, so that events come one at a time
	state transfer.State // empty before begin
}

func newRun(sending bool, onEvent func(Event), controls *Controls) *transferRun {
	if controls == nil {
		controls = &Controls{}
	}
	if onEvent == nil {
		onEvent = func(Event) {}
	}
	return &transferRun{sending: sending, onEvent: onEvent, pause: &controls.pause}
}

// begin tells that the transfer has begun: nothing is wrong with its options.
func (t *transferRun) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state = transfer.StatePending
	t.onEvent(StateEvent{State: StatePending})
}

func (t *transferRun) tell(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.onEvent(e)
}

// changeState moves the state on and tells it, perhaps with a reason. An event
// that is not possible in the present state changes nothing.
func (t *transferRun) changeState(by transfer.StateEvent, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next, err := t.state.Next(by)
	if err != nil {
		return
	}
	t.state = next
	t.onEvent(StateEvent{State: State(next), Reason: reason})
}

// authenticated notes that the peer has proved itself.
func (t *transferRun) authenticated() {
	t.began = time.Now()
	t.changeState(transfer.EventPeerAuthenticated, "")
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
	t.changeState(transfer.EventPeerAuthenticated, "") // if it was told that the old one was lost
}

// result sums up what a transfer did.
func (t *transferRun) result(r transfer.Result) Result {
	sum := Result{
		Files: r.Files, Bytes: r.Bytes, Skipped: r.Failed + r.Omitted, Corrupt: r.Corrupt,
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
func (t *transferRun) end(ctx context.Context, r Result, err error) (Result, error) {
	by := transfer.EventCompleted
	e := incomplete(r)
	if err != nil {
		e, by = explain(ctx, err), transfer.EventFailed
		if e.Kind == KindInterrupted || e.Kind == KindDeclined {
			by = transfer.EventCancelled
		}
	}
	t.changeState(by, "")
	end := EndEvent{State: t.finalState(), Result: r}
	if e != nil { // a nil *Error is not a nil error
		e.Sending, e.Kept, e.Waiting = t.sending, t.kept(), t.waiting
		end.Err = e
	}
	t.tell(end)
	return r, end.Err
}

// kept says whether there is anything of this transfer that another one can take
// up.
func (t *transferRun) kept() bool {
	return t.keeps && t.progress.Bytes.Load() > 0
}

// finalState is the state after the end. A transfer whose options were wrong has
// never begun, and has failed.
func (t *transferRun) finalState() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state == "" {
		return StateFailed
	}
	return State(t.state)
}
