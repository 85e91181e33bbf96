package main

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/history"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// recordPatience is how long the history may take after a transfer has ended, as when
// a keyring does not answer. It is more than a keyring has to keep a new key.
const recordPatience = 8 * time.Second

// recorder writes a transfer into the history, in a goroutine beside it. A history
// that cannot be written is told once, and never disturbs a transfer.
type recorder struct {
	open func(context.Context) (*history.Store, error)
	fail func(error)

	mu    sync.Mutex
	entry history.Entry
	begun bool

	changed chan struct{} // has room for one
	ended   chan struct{} // closed when there are no more events
	done    chan struct{} // closed when the goroutine has ended
	cancel  context.CancelFunc
}

// newRecorder returns a recorder for a transfer that begins as e; nil if none is to be
// recorded.
func (p *program) newRecorder(e history.Entry) *recorder {
	if p.preferences.noHistory || p.stateDir() == "" {
		return nil
	}
	e.State = history.Running
	return &recorder{entry: e, changed: make(chan struct{}, 1), ended: make(chan struct{}), done: make(chan struct{})}
}

// start begins to record, until close. warn tells a person something, once.
func (r *recorder) start(ctx context.Context, p *program, warn func(reason, format string, args ...any)) {
	if r == nil {
		return
	}
	// The end of a transfer is recorded also when a person ended it.
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.open = func(ctx context.Context) (*history.Store, error) { return p.openHistory(ctx, true, warn) }
	r.fail = func(err error) {
		text, _ := p.historyCause(err)
		warn("no-history", "This transfer is not in the history: %s.", text)
	}
	go func() {
		defer close(r.done)
		if err := r.run(ctx); err != nil {
			r.fail(err)
		}
	}()
}

// close waits until all is written, for a while.
func (r *recorder) close() {
	if r == nil {
		return
	}
	close(r.ended)
	select {
	case <-r.done:
	case <-time.After(recordPatience):
	}
	r.cancel()
	<-r.done
}

// run writes the entry whenever it has changed.
func (r *recorder) run(ctx context.Context) (err error) {
	e, more := r.next()
	if !more {
		return nil // nothing began
	}
	store, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, store.Close()) }()
	record, err := store.Begin(ctx, e)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, record.Close()) }()
	for e.State == history.Running {
		if e, more = r.next(); !more {
			return nil // it ended without an event, and is told as interrupted
		}
		if err := record.Save(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// firstOf returns the first of two errors: one is enough for a person.
func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// next waits until the entry has changed. more is false if it will not any more.
func (r *recorder) next() (e history.Entry, more bool) {
	select {
	case <-r.changed:
	case <-r.ended:
		select {
		case <-r.changed:
		default:
			return e, false
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entry, true
}

// event notes what an event says of the transfer.
func (r *recorder) event(event tallow.Event) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &r.entry
	switch v := event.(type) {
	case tallow.StateEvent:
		if r.begun {
			return // only the first one says something new
		}
		r.begun = true
	case tallow.CodeEvent:
		if e.Relay == v.Relay {
			return
		}
		e.Relay = v.Relay
	case tallow.StoredEvent:
		e.Relay = v.Relay
	case tallow.NameEvent:
		e.Peer = v.Name
	case tallow.LaneEvent:
		at := addressText(v.Address)
		if at == "" || at == e.Address {
			return
		}
		e.Address = at
	case tallow.OfferEvent:
		e.Text, e.Names = v.Text, v.Names
		e.Outcome.Files, e.Outcome.Bytes = v.Files, v.Bytes
	case tallow.EndEvent:
		if !r.begun {
			return // there was no transfer
		}
		r.end(v)
	default:
		return
	}
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// end notes how the transfer ended; r.mu is held.
func (r *recorder) end(v tallow.EndEvent) {
	e := &r.entry
	e.Ended = time.Now()
	switch v.State {
	case tallow.StateCompleted:
		e.State = history.Completed
	case tallow.StateCancelled:
		e.State = history.Cancelled
	default:
		e.State = history.Failed
	}
	if v.Err != nil {
		f := failureOf(v.Err)
		e.Outcome.Kind, e.Outcome.Reason = string(f.kind), string(f.reason)
	}
	res := v.Result
	if e.State == history.Completed || res.Bytes > 0 {
		e.Outcome.Files, e.Outcome.Bytes = res.Files, res.Bytes
	}
	e.Outcome.Sent, e.Outcome.Skipped, e.Outcome.Elapsed = res.Sent, res.Skipped, res.Elapsed
	e.Outcome.Lanes = make(map[string]int64)
	for lane, n := range res.Lanes {
		e.Outcome.Lanes[string(lane)] = n
	}
	if res.Folder != "" {
		e.Folder = absolute(res.Folder)
	}
}

// sendEntry is the entry of a send as it begins.
func sendEntry(o tallow.SendOptions, relay string) history.Entry {
	e := history.Entry{Started: time.Now(), Direction: history.Sent, Text: o.Text != "", Relay: relay}
	for _, path := range o.Paths {
		path = absolute(path)
		e.Paths, e.Names = append(e.Paths, path), append(e.Names, filepath.Base(path))
	}
	return e
}

// receiveEntry is the entry of a receive as it begins.
func receiveEntry(o tallow.ReceiveOptions, relay string) history.Entry {
	if named := tallow.CodeRelay(o.Code); named != "" {
		relay = named
	}
	return history.Entry{Started: time.Now(), Direction: history.Received, Relay: relay}
}

// absolute is a path that means the same in every folder.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
