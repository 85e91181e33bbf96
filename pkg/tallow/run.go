package tallow

import (
	"context"
	"encoding/hex"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// transferRun is one Send or Receive while it runs: its state and its counters.
// It is the one place from which events leave the package.
type transferRun struct {
	sending  bool
	alone    bool // there is no peer: an Encrypt or a Decrypt
	stored   bool // there is a store in place of the peer
	keeps    bool // an interrupted transfer can be resumed by another one
	waiting  bool // the sender waits for another process of this receiver
	onEvent  func(Event)
	progress transfer.Progress
	pause    *transfer.Pause
	began    time.Time // when the peer was authenticated; later, when the offer was accepted
	accepted bool

	mu    sync.Mutex     // also held while onEvent runs, so that events come one at a time
	state transfer.State // empty before begin
	peer  Peer           // what is known of it
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

// begin sends the first event, after the options have been checked.
func (t *transferRun) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state = transfer.StatePending
	t.onEvent(StateEvent{State: StatePending})
}

// tell sends an event.
func (t *transferRun) tell(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.onEvent(e)
}

// changeState changes the state and sends a StateEvent, with a reason unless it is
// empty. It does nothing if the state machine has no such transition.
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

// authenticated records that the peer has proved itself.
func (t *transferRun) authenticated() {
	t.began = time.Now()
	t.changeState(transfer.EventPeerAuthenticated, "")
	t.tell(PeerEvent{})
}

// accept restarts the clock when the offer is accepted, so that Elapsed leaves out
// the time that people took to answer. A receiver that was started again accepts
// once more; that does not count.
func (t *transferRun) accept() {
	if !t.accepted {
		t.accepted, t.began = true, time.Now()
	}
}

// restarted resets the counters when the receiver was started again, as it has
// lost its own.
func (t *transferRun) restarted() {
	t.progress.Bytes.Store(0)
	t.progress.There.Store(0)
	t.progress.Files.Store(0)
	t.changeState(transfer.EventPeerAuthenticated, "") // leaves StateConnecting, if the loss was noticed
}

// result returns the Result of a transfer.
func (t *transferRun) result(r transfer.Result) Result {
	sum := Result{
		Files: r.Files, Bytes: r.Bytes, Skipped: r.Failed + r.Omitted, LeftOut: r.LeftOut, Kept: r.Kept, Corrupt: r.Corrupt,
		Sent: t.progress.SentTotal(), Lanes: make(map[Lane]int64), Elapsed: time.Since(t.began), Peer: t.known(),
	}
	if r.Files > 0 {
		sum.Root = hex.EncodeToString(r.Root[:])
	}
	for _, kind := range []wire.Lanes{wire.LaneTCP, wire.LaneWebRTC, wire.LaneRelay} {
		if n := t.progress.SentBy(kind); n > 0 {
			sum.Lanes[laneName(kind)] = n
		}
	}
	return sum
}

// end sends the last events and returns what Send or Receive returns.
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
		e.Sending, e.Local, e.Stored, e.Kept, e.Waiting = t.sending, t.alone, t.stored, t.kept(), t.waiting
		end.Err = e
	}
	t.tell(end)
	return r, end.Err
}

// kept reports whether another transfer can resume this one.
func (t *transferRun) kept() bool {
	return t.keeps && t.progress.Bytes.Load() > 0
}

// finalState returns the state after the end. A transfer with invalid options never
// began; its state is StateFailed.
func (t *transferRun) finalState() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state == "" {
		return StateFailed
	}
	return State(t.state)
}
