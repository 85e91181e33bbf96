package tallow

import (
	"context"
	"slices"
	"sync"
)

// TransferManager runs several transfers of one Client at once. Each has an ID, by
// which it is watched, paused, resumed and cancelled. The manager keeps the state
// of a transfer after its end. Its methods may be called from any goroutine.
type TransferManager struct {
	client  *Client
	onEvent func(TransferEvent)

	ctx    context.Context // of all transfers; ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup

	telling sync.Mutex // held while onEvent runs, so that events come one at a time

	mu        sync.Mutex
	closed    bool
	transfers []*managed // the ID is the index plus one
}

// TransferID identifies a transfer of one TransferManager: 1, 2, 3, in the order
// in which they begin.
type TransferID int64

// TransferEvent is an event of one of a TransferManager's transfers.
type TransferEvent struct {
	ID    TransferID
	Event Event
}

// NewTransferManager returns a manager whose transfers end when ctx does. onEvent
// is called with the events of all transfers, one at a time. It may call any method
// except Wait and Close, and it may be nil. The manager must be closed.
func NewTransferManager(ctx context.Context, client *Client, onEvent func(TransferEvent)) *TransferManager {
	if onEvent == nil {
		onEvent = func(TransferEvent) {}
	}
	m := &TransferManager{client: client, onEvent: onEvent}
	m.ctx, m.cancel = context.WithCancel(ctx)
	return m
}

// Send starts to send and returns at once. The code comes as a CodeEvent. Invalid
// options are reported as the transfer's error. The error here is an *Error of
// KindUsage, if the manager is closed.
func (m *TransferManager) Send(o SendOptions) (TransferID, error) {
	t := newManaged(TransferSend, o.Controls)
	o.Controls = t.controls
	told := o.OnEvent
	return m.start(t, func(ctx context.Context, tell func(Event)) (Result, error) {
		o.OnEvent = both(told, tell)
		return m.client.Send(ctx, o)
	})
}

// Receive starts to receive and returns at once, like Send.
func (m *TransferManager) Receive(o ReceiveOptions) (TransferID, error) {
	t := newManaged(TransferReceive, o.Controls)
	t.seen.Code = o.Code
	o.Controls = t.controls
	told := o.OnEvent
	return m.start(t, func(ctx context.Context, tell func(Event)) (Result, error) {
		o.OnEvent = both(told, tell)
		return m.client.Receive(ctx, o)
	})
}

// both calls the first function, which may be nil, and then the second.
func both(first, second func(Event)) func(Event) {
	if first == nil {
		return second
	}
	return func(e Event) {
		first(e)
		second(e)
	}
}

func (m *TransferManager) start(t *managed, run func(context.Context, func(Event)) (Result, error)) (TransferID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, &Error{Kind: KindUsage, Reason: ReasonManagerClosed}
	}
	m.transfers = append(m.transfers, t)
	t.seen.ID = TransferID(len(m.transfers))
	var ctx context.Context
	ctx, t.cancel = context.WithCancel(m.ctx)
	id := t.seen.ID
	m.wg.Go(func() {
		defer t.cancel()
		defer close(t.done)
		_, _ = run(ctx, func(e Event) { // the EndEvent has the results
			t.note(e)
			m.tell(TransferEvent{id, e})
		})
	})
	return id, nil
}

func (m *TransferManager) tell(e TransferEvent) {
	m.telling.Lock()
	defer m.telling.Unlock()
	m.onEvent(e)
}

func (m *TransferManager) find(id TransferID) (*managed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id < 1 || id > TransferID(len(m.transfers)) {
		return nil, &Error{Kind: KindUsage, Reason: ReasonNoSuchTransfer, Count: int64(id)}
	}
	return m.transfers[id-1], nil
}

// Pause pauses a transfer until Resume; see Controls.Pause. It does nothing to a
// transfer that has ended. The error is an *Error of KindUsage, if there is no such
// transfer.
func (m *TransferManager) Pause(id TransferID) error {
	t, err := m.find(id)
	if err == nil {
		t.controls.Pause()
	}
	return err
}

// Resume resumes a paused transfer. Its error is that of Pause.
func (m *TransferManager) Resume(id TransferID) error {
	t, err := m.find(id)
	if err == nil {
		t.controls.Resume()
	}
	return err
}

// Cancel ends a transfer, which then has an error of KindInterrupted. It does not
// wait for the end; Wait does. Its error is that of Pause.
func (m *TransferManager) Cancel(id TransferID) error {
	t, err := m.find(id)
	if err == nil {
		t.cancel()
	}
	return err
}

// Wait waits for the end of a transfer and returns the results of its Send or
// Receive, or ctx's cause.
func (m *TransferManager) Wait(ctx context.Context, id TransferID) (Result, error) {
	t, err := m.find(id)
	if err != nil {
		return Result{}, err
	}
	select {
	case <-t.done:
		now := t.snapshot()
		return now.Result, now.Err
	case <-ctx.Done():
		return Result{}, context.Cause(ctx)
	}
}

// Get returns the state of one transfer. Its error is that of Pause.
func (m *TransferManager) Get(id TransferID) (Transfer, error) {
	t, err := m.find(id)
	if err != nil {
		return Transfer{}, err
	}
	return t.snapshot(), nil
}

// List returns the state of every transfer, in the order in which they began.
func (m *TransferManager) List() []Transfer {
	m.mu.Lock()
	transfers := slices.Clone(m.transfers)
	m.mu.Unlock()
	list := make([]Transfer, len(transfers))
	for i, t := range transfers {
		list[i] = t.snapshot()
	}
	return list
}

// Close cancels every transfer and waits for their ends. No new ones can begin.
func (m *TransferManager) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.cancel()
	m.wg.Wait()
}
