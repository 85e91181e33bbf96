package tallow

import (
	"context"
	"slices"
	"sync"
)

// TransferKind is the direction of a transfer.
type TransferKind string

// The two kinds of transfers.
const (
	TransferSend    TransferKind = "send"
	TransferReceive TransferKind = "receive"
)

// Transfer is the state of a transfer of a TransferManager at one moment.
type Transfer struct {
	ID       TransferID
	Kind     TransferKind
	Code     string // of a send, empty until there is one
	State    State
	Offer    Offer         // empty until it is known
	Progress ProgressEvent // the latest; its Rate is 0 unless State is StateTransferring
	Ended    bool
	Result   Result // once it has ended
	Err      error  // once it has ended: an *Error, or nil
}

// TransferTotals sums up the transfers of a TransferManager. Bytes, Total and
// Files leave out transfers that failed or were cancelled.
type TransferTotals struct {
	Transfers int     // that have begun
	Active    int     // that have not ended
	Bytes     int64   // verified and written
	Total     int64   // of the offers that are known, without entries that were skipped
	Files     int64   // in place
	Rate      float64 // bytes a second
}

// Totals returns the sums over all transfers. Failed and cancelled ones count only
// in Transfers, so that Bytes can reach Total.
func (m *TransferManager) Totals() TransferTotals {
	var sum TransferTotals
	for _, t := range m.List() {
		sum.Transfers++
		switch {
		case !t.Ended:
			sum.Active++
			sum.Total += t.Progress.Total
		case t.State == StateCompleted:
			sum.Total += t.Progress.Bytes // without what was skipped
		default:
			continue
		}
		sum.Bytes += t.Progress.Bytes
		sum.Files += t.Progress.Files
		sum.Rate += t.Progress.Rate
	}
	return sum
}

// managed is one transfer of a TransferManager.
type managed struct {
	controls *Controls
	cancel   context.CancelFunc // set before find can return it
	done     chan struct{}      // closed after the last event

	mu   sync.Mutex
	seen Transfer
}

func newManaged(kind TransferKind, controls *Controls) *managed {
	if controls == nil {
		controls = &Controls{}
	}
	return &managed{
		controls: controls, done: make(chan struct{}),
		seen: Transfer{Kind: kind, State: StatePending},
	}
}

func (t *managed) snapshot() Transfer {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.seen
	now.Offer.Names = slices.Clone(now.Offer.Names)
	if now.State != StateTransferring {
		now.Progress.Rate = 0
	}
	return now
}

// note updates the state with an event.
func (t *managed) note(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case CodeEvent:
		t.seen.Code = e.Code
	case StateEvent:
		t.seen.State = e.State
	case OfferEvent:
		t.seen.Offer = e.Offer
		t.seen.Progress.Total = e.Offer.Bytes
	case ProgressEvent:
		t.seen.Progress = e
	case EndEvent:
		t.end(e)
	}
}

// end updates the state with the last event; t.mu is held.
func (t *managed) end(e EndEvent) {
	t.seen.Ended, t.seen.State, t.seen.Result, t.seen.Err = true, e.State, e.Result, e.Err
	if e.State == StateCompleted { // the latest ProgressEvent may be older
		p := &t.seen.Progress
		p.Bytes, p.Files, p.Total = e.Result.Bytes, e.Result.Files, max(p.Total, e.Result.Bytes)
	}
}
