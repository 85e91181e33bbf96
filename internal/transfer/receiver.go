package transfer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// ReceiveOptions are the settings of a Receive.
type ReceiveOptions struct {
	// Confirm is called at once, and Decide not before it has succeeded; may be nil.
	Confirm func(context.Context) error
	// Decide decides about the offer. It returns the destination, or ErrRefused.
	Decide func(context.Context, wire.Offer) (files.Destination, error)
	// Preview is called before Decide with what is known of the manifest by then; may
	// be nil, and then nothing is waited for.
	Preview  func(Preview)
	Observer Observer
	Progress *Progress
	Pause    *Pause
	Limit    int64 // of data, in bytes per second; 0: none
	// MaxBytes is how many bytes of files may be sent in all; 0: any number. Decide has
	// to check what the offer says. More than it says, or a stream, ends the transfer
	// with a *TooLargeError before it is written.
	MaxBytes int64
	// Keep is called when a full disk has ended the transfer, or a destination that
	// cannot be opened or takes nothing of what is offered, before the sender is told.
	// It says whether this side can be started again and resume. begun says whether
	// the destination has taken anything. May be nil.
	Keep func(begun bool) bool
	// Keeps says, once Decide has returned, whether what arrives is kept if the
	// transfer is interrupted. May be nil.
	Keeps func() bool
	// Invited is called with what the sender sends for it once everything is in place, at
	// most once. If it is nil, the sender must not.
	Invited func([]byte)
}

// Receive waits for the peer's offer and, if Decide accepts it, writes what comes
// to the destination. It returns when everything is in place and synced, and the
// peer knows. Entries that were skipped or failed are counted in the Result and
// are no error.
//
// If an error ends the transfer, the peer is told why. Errors are ErrRefused,
// ErrVerify, *TooLargeError, *CancelledError, *DiskError, *IntegrityError, wire.ErrMalformed, those
// of Decide, the cause of ctx, and the session's.
func Receive(ctx context.Context, session Session, o ReceiveOptions) (Result, error) {
	r := newReceiver(ctx, session, o)
	session.HandleData(r.handleData)
	o.Pause.begin()
	unverified := r.partial.arrived.Load
	o.Progress.unverified.Store(&unverified)
	r.start(r.control)
	r.start(r.confirm)
	r.start(r.prepare)
	for range workers() {
		r.start(r.write)
	}
	r.start(r.sendAcks)
	r.start(r.commit)
	r.start(r.place)
	r.start(func(ctx context.Context) error { return o.Pause.follow(ctx, session, o.Observer) })
	r.start(func(ctx context.Context) error {
		return watchStall(ctx, o.Progress, o.Pause, o.Observer, r.active, r.diagnose)
	})
	err := r.wait()
	if err != nil {
		tellPeer(ctx, session, r.markResumable(err))
	}
	r.result.Root, _ = r.placed.Root()
	return r.result, r.unlessDone(err)
}

// markResumable marks the error of a disk that is full, or of a destination that has
// taken nothing, if this side can be started again after it.
func (r *receiver) markResumable(err error) error {
	var full files.NoSpace
	var disk *DiskError
	var misfit files.Misfit
	fresh := errors.As(err, &misfit) || errors.As(err, &disk) && r.dest == nil
	if (fresh || errors.As(err, &full)) && r.o.Keep != nil && r.o.Keep(!fresh && r.dest != nil) {
		return &resumableError{err}
	}
	return err
}

// receiver is one Receive. Its goroutines:
//
//	control   handles the peer's messages
//	confirm   waits for Confirm
//	prepare   decides about the offer and answers the pages of the manifest
//	write     several: verify and write blocks
//	sendAcks  acknowledges blocks
//	commit    makes complete files durable
//	place     gives them their names, and finishes the transfer
//
// The readers of the lanes assemble blocks in handleData.
type receiver struct {
	*group
	session Session
	o       ReceiveOptions
	dest    files.Destination // set by prepare before the first page is answered

	confirmed chan struct{} // closed once Confirm has succeeded

	offers chan wire.Offer
	pages  chan announced
	tasks  chan task
	// unwritten bounds the bytes of tasks. It is twice the sender's window, because
	// blocks of a lane that died come again.
	unwritten window
	limit     *limiter
	partial   *assembler
	expander  *expander
	expands   atomic.Bool // the sender asked whether compressed segments are taken
	acks      ackQueue
	settles   settleQueue
	secured   chan secured

	// Used by control alone.
	nextPage  uint32
	nextEntry uint64 // the number of the first entry on the next page
	sawLast   bool   // the last page has come
	omitted   *wire.Omitted
	invited   bool

	mu       sync.Mutex
	files    map[uint64]*incoming // wanted and not settled
	accepted bool                 // the offer is
	prepared uint64               // the number of entries that are prepared
	lastPage bool                 // all pages are prepared
	admitted int64                // bytes that MaxBytes was found to allow
	done     bool                 // everything is in place, and the sender is being told
	result   Result
	placed   blockhash.FileSet // of result
}

func newReceiver(ctx context.Context, session Session, o ReceiveOptions) *receiver {
	return &receiver{
		group: newGroup(ctx), session: session, o: o,
		confirmed: make(chan struct{}),
		offers:    make(chan wire.Offer, 1),
		pages:     make(chan announced, windowPages+1),
		tasks:     make(chan task, 2*windowBytes/wire.MaxRecord),
		unwritten: newWindow(2 * windowBytes),
		limit:     newLimiter(o.Limit, o.Progress),
		partial:   newAssembler(),
		expander:  newExpander(),
		acks:      ackQueue{wake: make(chan struct{}, 1)},
		settles:   settleQueue{wake: make(chan struct{}, 1)},
		secured:   make(chan secured),
		files:     make(map[uint64]*incoming),
	}
}

// control handles the peer's messages until the peer is done.
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
		case wire.TypeOmitted:
			err = r.handleOmitted(m)
		case wire.TypeManifest:
			err = r.handlePage(ctx, m)
		case wire.TypeSame:
			err = r.handleSame(m)
		case wire.TypeEnd:
			err = r.handleEnd(m)
		case wire.TypeInvitation:
			err = r.handleInvitation(m)
		case wire.TypeDone:
			if _, err = wire.ParseDone(m); err == nil {
				err = r.handleDone()
			}
		case wire.TypePause:
			err = r.o.Pause.handle(m)
		case wire.TypeLimit:
			err = r.limit.handle(m)
		case wire.TypeCancel:
			var c wire.Cancel
			if c, err = wire.ParseCancel(m); err == nil {
				err = &CancelledError{c.Reason, c.Text}
			}
		default:
			err = protocol("message type %#02x for a receiver", uint8(t))
		}
		if err != nil {
			return err
		}
	}
}

// announced is a page of the manifest, with what the sender left out before it.
type announced struct {
	wire.Manifest
	omitted wire.Omitted
}

// handleOmitted keeps what the sender left out for the page that comes next.
func (r *receiver) handleOmitted(m []byte) error {
	o, err := wire.ParseOmitted(m)
	if err != nil {
		return err
	}
	if r.omitted != nil {
		return protocol("two lists of omitted entries before one page")
	}
	r.omitted = &o
	return nil
}

// checkOmitted returns an error if more is named than was counted.
func checkOmitted(p wire.Manifest, o wire.Omitted) error {
	var onPurpose, others uint32
	for _, e := range o.Entries {
		if e.OnPurpose {
			onPurpose++
		} else {
			others++
		}
	}
	if onPurpose > o.LeftOut || others > p.Omitted {
		return protocol("%d omitted entries are named, %d are counted", len(o.Entries), o.LeftOut+p.Omitted)
	}
	return nil
}

// handlePage passes a page on to prepare.
func (r *receiver) handlePage(ctx context.Context, m []byte) error {
	p, err := wire.ParseManifest(m)
	if err != nil {
		return err
	}
	if r.sawLast {
		return protocol("a page after the last one")
	}
	r.sawLast = p.Last
	if p.Page != r.nextPage || p.First != r.nextEntry {
		return protocol("page %d from entry %d, page %d from %d is next", p.Page, p.First, r.nextPage, r.nextEntry)
	}
	r.nextPage++
	r.nextEntry += uint64(len(p.Entries))
	next := announced{Manifest: p}
	if r.omitted != nil {
		next.omitted, r.omitted = *r.omitted, nil
	}
	if err := checkOmitted(p, next.omitted); err != nil {
		return err
	}
	select {
	case r.pages <- next:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// handleInvitation passes on what a sender sends that this side keeps.
func (r *receiver) handleInvitation(m []byte) error {
	i, err := wire.ParseInvitation(m)
	if err != nil {
		return err
	}
	r.mu.Lock()
	done := r.done
	r.mu.Unlock()
	switch {
	case r.o.Invited == nil:
		return protocol("an invitation that nobody asked for")
	case !done:
		return protocol("an invitation before everything is complete")
	case r.invited:
		return protocol("a second invitation")
	}
	r.invited = true
	r.o.Invited(i.Body)
	return nil
}

// handleDone ends the transfer without an error: the sender knows that everything
// is in place.
func (r *receiver) handleDone() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.done {
		return protocol("the sender is done before everything is complete")
	}
	return errFinished
}

// unlessDone returns err, or nil once everything is in place: then this side has
// succeeded, whatever happens to the connection.
func (r *receiver) unlessDone(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return nil
	}
	return err
}

// doneTimeout bounds how long a receiver that has everything waits for the sender's
// confirmation. A sender that never learns of it would wait for long and then
// report a failure. So there is time to notice that the lane with the message is
// dead, after 15 s of silence, and to reconnect.
const doneTimeout = 20 * time.Second

// complete finishes the destination and tells the sender.
func (r *receiver) complete(ctx context.Context) error {
	err := r.dest.Finish(ctx)
	var unfinished *files.UnfinishedError
	if errors.As(err, &unfinished) {
		for i, path := range unfinished.Paths {
			r.o.Observer.FileFailed(path, wire.OutcomeIO, unfinished.Reasons[i])
		}
		for i, path := range unfinished.Kept {
			r.o.Observer.Kept(path, unfinished.KeptReasons[i])
		}
	} else if err != nil {
		return diskError(ctx, err)
	}
	r.mu.Lock()
	if unfinished != nil {
		r.result.Failed += int64(unfinished.Count)
		r.result.Kept += int64(unfinished.KeptCount)
	}
	r.done = true
	r.o.Progress.InPlace.Store(true)
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
