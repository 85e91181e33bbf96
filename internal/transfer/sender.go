package transfer

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// SendOptions are the settings of a Send.
type SendOptions struct {
	Text     bool                        // the source is a text to be shown and not kept
	Confirm  func(context.Context) error // called before anything is offered; may be nil
	Offered  func(wire.Offer)            // called with the offer before it is sent
	Accepted func(keeps bool)            // called when the peer accepts the offer, and says whether it keeps what arrives; may be nil
	// Invitation is called once the peer is complete, and returns what it is sent then; nil:
	// nothing. May be nil.
	Invitation func(context.Context) []byte
	Observer   Observer
	Progress   *Progress
	Pause      *Pause
	Limit      int64 // of data, in bytes per second; 0: none
	Compress   Compress
}

// Send offers the source to the peer and sends what the peer wants of it. It
// returns when the peer says that everything is in place and synced. Entries that
// could not be sent are counted in the Result and are no error.
//
// If an error ends the transfer, the peer is told why. Errors are *DeclinedError,
// *CancelledError, *DiskError, wire.ErrMalformed, those of Confirm, the cause of ctx,
// and the session's.
func Send(ctx context.Context, session Session, source files.Source, o SendOptions) (Result, error) {
	s := newSender(ctx, session, source, o)
	o.Pause.begin()
	unverified := s.unverified
	o.Progress.unverified.Store(&unverified)
	o.Progress.underway.clear()
	s.start(s.control)
	s.start(s.lanes)
	s.start(s.offer)
	s.start(s.read)
	s.start(s.flushEnds)
	s.start(func(ctx context.Context) error { return o.Pause.follow(ctx, session, o.Observer) })
	s.start(func(ctx context.Context) error {
		return watchStall(ctx, o.Progress, o.Pause, o.Observer, s.active, s.diagnose)
	})
	if err := s.wait(); err != nil {
		tellPeer(ctx, session, err)
		return Result{}, err
	}
	ctx, stop := context.WithTimeout(ctx, farewellTime)
	defer stop()
	if o.Invitation != nil {
		if body := o.Invitation(ctx); body != nil {
			_ = session.Send(ctx, wire.Invitation{Body: body}.Append(nil))
		}
	}
	_ = session.SendAndWait(ctx, wire.Done{}.Append(nil)) // even if it does not arrive, both sides are done
	s.result.Root, _ = s.placed.Root()
	return s.result, nil
}

// sender is one Send. Its goroutines:
//
//	control    handles the peer's messages
//	offer      walks the source and sends the pages of the manifest
//	read       has the files of answered pages read, hashed and queued by workers
//	pump       one for each lane: sends what is queued
//	flushEnds  tells how reading each file ended
type sender struct {
	*group
	session Session
	source  files.Source
	o       SendOptions

	limit *limiter
	bytes window
	files window
	queue *queue
	bufs  *buffers
	pages chan *page // sent, in order, to read

	expands atomic.Bool // the peer takes compressed segments

	mu        sync.Mutex
	asked     map[uint32]*page // pages that are not answered yet
	wanted    map[uint64]*outgoing
	have      map[uint64]blockHashes
	liveLanes []Lane
	answered  bool // the first page is
	allRead   bool // every wanted file was read
	complete  bool // the peer has said so
	result    Result
	placed    blockhash.FileSet // of result

	ends endQueue
}

// page is a page of the manifest.
type page struct {
	first    uint64
	items    []files.Item
	answered chan struct{}
	skips    map[uint64]wire.Skip // the entries that the peer does not take; set before answered is closed
}

// outgoing is a file that the peer wants, until it is settled.
type outgoing struct {
	path string
	kind files.Kind
	size int64         // as it was listed
	end  *wire.FileEnd // once the file was read; guarded by sender.mu
}

func newSender(ctx context.Context, session Session, source files.Source, o SendOptions) *sender {
	s := &sender{
		group: newGroup(ctx), session: session, source: source, o: o,
		limit:  newLimiter(o.Limit, o.Progress),
		bytes:  newWindow(windowBytes),
		files:  newWindow(windowFiles),
		bufs:   newBuffers(headroom),
		pages:  make(chan *page, windowPages),
		asked:  make(map[uint32]*page),
		wanted: make(map[uint64]*outgoing),
		have:   make(map[uint64]blockHashes),
		ends:   endQueue{wake: make(chan struct{}, 1)},
	}
	s.queue = newQueue(s.released)
	return s
}

// released is called with each unit that is no longer needed.
func (s *sender) released(u *unit) { s.returnBuffer(u.buf) }

// control handles the peer's messages.
func (s *sender) control(ctx context.Context) error {
	for {
		m, err := s.session.Receive(ctx)
		if err != nil {
			return err
		}
		t, _ := wire.TypeOf(m)
		switch t {
		case wire.TypeAccept:
			var a wire.Accept
			if a, err = wire.ParseAccept(m); err != nil {
				break
			}
			s.expands.Store(a.Expands && s.o.Compress != CompressOff)
			if s.o.Accepted != nil {
				s.o.Accepted(a.Keeps)
			}
		case wire.TypeDecline:
			var d wire.Decline
			if d, err = wire.ParseDecline(m); err == nil {
				err = &DeclinedError{d.Reason}
			}
		case wire.TypeHave:
			err = s.handleHave(m)
		case wire.TypeWant:
			err = s.handleWant(m)
		case wire.TypeAck:
			err = s.handleAck(m)
		case wire.TypeSettled:
			err = s.handleSettled(m)
		case wire.TypeComplete:
			err = s.handleComplete(m)
		case wire.TypePause:
			err = s.o.Pause.handle(m)
		case wire.TypeLimit:
			err = s.limit.handle(m)
		case wire.TypeCancel:
			var c wire.Cancel
			if c, err = wire.ParseCancel(m); err == nil {
				err = &CancelledError{c.Reason, c.Text}
			}
		default:
			err = protocol("message type %#02x for a sender", uint8(t))
		}
		if err != nil {
			return err
		}
	}
}

// handleWant handles the answer to a page.
func (s *sender) handleWant(m []byte) error {
	w, err := wire.ParseWant(m)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.asked[w.Page]
	if p == nil {
		return protocol("an answer to page %d, which is not open", w.Page)
	}
	delete(s.asked, w.Page)
	s.answered = true
	for _, skip := range w.Skips {
		if skip.File < p.first || skip.File >= p.first+uint64(len(p.items)) {
			return protocol("a skip of entry %d, which is not of page %d", skip.File, w.Page)
		}
		p.skips[skip.File] = skip
	}
	close(p.answered)
	return nil
}

// maxRun is the largest number of blocks of one file that can be in flight.
const maxRun = windowBytes/wire.BlockSize + 1

// handleAck handles acknowledgements of blocks.
func (s *sender) handleAck(m []byte) error {
	a, err := wire.ParseAck(m)
	if err != nil {
		return err
	}
	for _, r := range a.Runs {
		if r.Count > maxRun {
			return protocol("an acknowledgement of %d blocks at once", r.Count)
		}
		var n int64
		for i := range r.Count {
			n += s.queue.ack(blockKey{r.File, r.First + i})
		}
		s.arrived(r.File, n)
	}
	return nil
}

// arrived counts n more bytes of a file that the peer has.
func (s *sender) arrived(file uint64, n int64) {
	s.o.Progress.Bytes.Add(n)
	s.mu.Lock()
	out := s.wanted[file]
	s.mu.Unlock()
	if out != nil {
		s.o.Progress.underway.advance(file, out.kind, out.path, out.size, n)
	}
}

// handleSettled handles the ends of files at the peer.
func (s *sender) handleSettled(m []byte) error {
	settled, err := wire.ParseSettled(m)
	if err != nil {
		return err
	}
	for _, f := range settled.Files {
		s.mu.Lock()
		out := s.wanted[f.File]
		if out == nil || f.Outcome == wire.OutcomeOK && (out.end == nil || out.end.Outcome != wire.OutcomeOK) {
			s.mu.Unlock()
			return protocol("file %d is settled, which is not under way", f.File)
		}
		delete(s.wanted, f.File)
		delete(s.have, f.File)
		end := out.end
		if f.Outcome == wire.OutcomeOK {
			s.result.place(&s.placed, out.path, end.Size, end.Root)
		}
		s.mu.Unlock()
		s.files.release(1)
		s.o.Progress.underway.settle(f.File)
		if f.Outcome == wire.OutcomeOK {
			s.o.Progress.Files.Add(1)
			s.o.Observer.FileDone(Placed{Path: out.path, Name: out.path, Bytes: end.Size, Hash: end.Root})
			continue
		}
		s.queue.dropFile(f.File)
		if end == nil || end.Outcome == wire.OutcomeOK { // else it was reported when reading failed
			s.failed(out.path, f.Outcome, f.Reason)
		}
	}
	return nil
}

// failed counts and reports an entry that does not arrive.
func (s *sender) failed(path string, outcome wire.Outcome, reason string) {
	s.mu.Lock()
	s.result.count(outcome)
	s.mu.Unlock()
	report(s.o.Observer, path, outcome, reason)
}

// handleComplete handles the peer's word that everything is in place.
func (s *sender) handleComplete(m []byte) error {
	if _, err := wire.ParseComplete(m); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wanted) > 0 {
		return protocol("the peer is complete with %d files under way", len(s.wanted))
	}
	s.complete = true
	s.finishIfDone()
	return nil
}

// finishIfDone ends the transfer without an error once the peer is complete and
// nothing is left to read; s.mu is held.
func (s *sender) finishIfDone() {
	if s.complete && s.allRead {
		s.finish()
	}
}
