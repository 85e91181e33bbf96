package transfer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// ReceiveOptions are the settings of a Receive.
type ReceiveOptions struct {
	// Decide shows the offer to the person and returns where it shall go, or
	// ErrRefused, or ErrVerify.
	Decide   func(context.Context, wire.Offer) (files.Destination, error)
	Observer Observer
	Progress *Progress
	Pause    *Pause
	Limit    int64 // bytes of files a second that this side wishes to take at most; 0: any number
	// Keep is asked where a disk without room has ended the transfer, before the
	// sender hears of it: whether this side can be started again and go on.
	Keep func() bool
}

// Receive takes the other side's offer, if Decide accepts it, and writes what
// comes into the destination. It returns when everything is in place, synced,
// and the other side knows; with what was skipped or failed counted in the
// result; or with the error that ended the transfer, of which the other side
// was told.
//
// Errors: ErrRefused, ErrVerify, *Cancelled, *DiskError, *IntegrityError, those
// of Decide and the destination, ctx's, and the session's.
func Receive(ctx context.Context, session Session, o ReceiveOptions) (Result, error) {
	r := newReceiver(ctx, session, o)
	session.HandleData(r.takeData)
	r.start(r.control)
	r.start(r.prepare)
	for range workers() {
		r.start(r.write)
	}
	r.start(r.sendAcks)
	r.start(r.commit)
	r.start(func(ctx context.Context) error { return o.Pause.follow(ctx, session, o.Observer) })
	r.start(func(ctx context.Context) error {
		return watchStall(ctx, o.Progress, o.Pause, o.Observer, r.active, r.diagnose)
	})
	err := r.wait()
	if err != nil {
		tellPeer(ctx, session, o.kept(err))
	}
	return r.result, r.unlessDone(err)
}

// kept marks the end by a disk without room as one after which this side can
// come back, where it can.
func (o ReceiveOptions) kept(err error) error {
	var full files.NoSpace
	if errors.As(err, &full) && o.Keep != nil && o.Keep() {
		return &keptError{err}
	}
	return err
}

// receiver is one Receive. Goroutines: control reads what the other side says;
// prepare decides and answers pages; the lanes' readers put blocks together in
// takeData; writers verify and write them; sendAcks acknowledges; commit gives
// finished files their names, and ends it all.
type receiver struct {
	*group
	session Session
	o       ReceiveOptions
	dest    files.Destination // set by prepare before the first page is answered

	offers  chan wire.Offer
	pages   chan wire.Manifest
	tasks   chan task
	limit   *limiter
	partial *assembler
	acks    ackQueue
	settles settleQueue

	// Of control.
	nextPage uint32
	expected uint64 // the number of the next page's first entry
	sawLast  bool

	mu       sync.Mutex
	files    map[uint64]*incoming // wanted, and not settled
	accepted bool                 // the offer
	prepared uint64               // entries below are prepared
	lastPage bool                 // all pages are prepared
	done     bool                 // the sender has heard that all is complete
	result   Result
}

func newReceiver(ctx context.Context, session Session, o ReceiveOptions) *receiver {
	return &receiver{
		group: newGroup(ctx), session: session, o: o,
		offers:  make(chan wire.Offer, 1),
		pages:   make(chan wire.Manifest, windowPages+1),
		tasks:   make(chan task, 2*windowBytes/wire.MaxRecord),
		limit:   newLimiter(o.Limit, o.Progress),
		partial: newAssembler(),
		acks:    ackQueue{wake: make(chan struct{}, 1)},
		settles: settleQueue{wake: make(chan struct{}, 1)},
		files:   make(map[uint64]*incoming),
	}
}

// control takes in what the other side says, until it is done.
func (r *receiver) control(ctx context.Context) error {
	offered := false
	for {
		m, err := r.session.Receive(ctx)
		if err != nil {
			return err
		}
		t, _ := wire.TypeOf(m)
		switch t {
		case wire.TypeOffer:
			var o wire.Offer
			if o, err = wire.ParseOffer(m); err == nil && offered {
				err = protocol("a second offer")
			} else if err == nil {
				offered = true
				r.offers <- o
			}
		case wire.TypeManifest:
			err = r.takePage(ctx, m)
		case wire.TypeSame:
			err = r.takeSame(m)
		case wire.TypeEnd:
			err = r.takeEnd(m)
		case wire.TypeDone:
			if _, err = wire.ParseDone(m); err == nil {
				err = r.takeDone()
			}
		case wire.TypePause:
			err = r.o.Pause.take(m)
		case wire.TypeLimit:
			err = r.limit.take(m)
		case wire.TypeCancel:
			var c wire.Cancel
			if c, err = wire.ParseCancel(m); err == nil {
				err = &Cancelled{c.Reason, c.Text}
			}
		default:
			err = protocol("message type %#02x for a receiver", uint8(t))
		}
		if err != nil {
			return err
		}
	}
}

// takePage hands a page on to prepare, in order and not too many ahead.
func (r *receiver) takePage(ctx context.Context, m []byte) error {
	p, err := wire.ParseManifest(m)
	if err != nil {
		return err
	}
	if r.sawLast {
		return protocol("a page after the last one")
	}
	r.sawLast = p.Last
	if p.Page != r.nextPage || p.First != r.expected {
		return protocol("page %d from entry %d, page %d from %d is next", p.Page, p.First, r.nextPage, r.expected)
	}
	r.nextPage++
	r.expected += uint64(len(p.Entries))
	select {
	case r.pages <- p:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// takeDone ends the transfer well: the sender knows that all is complete.
func (r *receiver) takeDone() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.done {
		return protocol("the sender is done before everything is complete")
	}
	return errFinished
}

// unlessDone is what ended a Receive: no error once all is complete, since then
// this side has succeeded, whatever happens to the connection and whoever ends
// the transfer.
func (r *receiver) unlessDone(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return nil
	}
	return err
}

// doneTimeout bounds how long a receiver that has everything waits for the
// sender to say that it knows. It leaves time to notice that the lane with the
// news is dead, after 15 s of silence, and to meet again: a sender that never
// hears of it would wait for long, and then report a failure.
const doneTimeout = 20 * time.Second

// complete makes everything final and tells the sender.
func (r *receiver) complete(ctx context.Context) error {
	err := r.dest.Finish(ctx)
	var unfinished *files.UnfinishedError
	if errors.As(err, &unfinished) {
		for i, path := range unfinished.Paths {
			r.o.Observer.FileFailed(path, wire.OutcomeIO, unfinished.Reasons[i])
		}
	} else if err != nil {
		return diskError(ctx, err)
	}
	r.mu.Lock()
	if unfinished != nil {
		r.result.Failed += int64(unfinished.Count)
	}
	r.done = true
	m := wire.Complete{Files: r.result.Files, Bytes: r.result.Bytes}
	r.mu.Unlock()
	if err := r.session.Send(ctx, m.Append(nil)); err != nil {
		return err
	}
	timer := time.NewTimer(doneTimeout)
	defer timer.Stop()
	select {
	case <-timer.C:
		return errFinished
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
