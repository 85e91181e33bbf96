package transfer

import (
	"context"
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// SendOptions are the settings of a Send.
type SendOptions struct {
	Text     bool                        // the source is a text to be shown
	Confirm  func(context.Context) error // called before anything is offered; may be nil
	Offered  func(wire.Offer)            // called with what is offered
	Accepted func()                      // called when the peer accepts the offer; may be nil
	Observer Observer
	Progress *Progress
	Pause    *Pause
	Limit    int64 // bytes of files a second that this side wishes to send at most; 0: any number
}

// Send offers the source to the other side and sends what it wants of it. It
// returns when the other side has said that all is in place and synced, with
// what could not be sent counted in the result; or with the error that ended
// the transfer, of which the other side was told.
//
// Errors: *Declined, *Cancelled, *DiskError, ErrVerify from Confirm, ctx's, and
// the session's.
func Send(ctx context.Context, session Session, source files.Source, o SendOptions) (Result, error) {
	s := newSender(ctx, session, source, o)
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
	_ = session.Farewell(ctx, wire.Done{}.Append(nil)) // both sides are done, heard or not
	return s.result, nil
}

// sender is one Send. Goroutines: control reads what the other side says; offer
// walks the source and sends pages; read takes answered pages and has its workers
// read, hash and queue; one pump a lane sends from the queue; flushEnds sends what
// is left.
type sender struct {
	*group
	session Session
	source  files.Source
	o       SendOptions

	limit *limiter
	bytes *window
	files *window
	queue *queue
	bufs  *buffers
	pages chan *page // sent, in order, to read

	mu       sync.Mutex
	asked    map[uint32]*page // pages that are not answered yet
	wanted   map[uint64]*outgoing
	have     map[uint64]haves
	carriers []Lane // that live
	wantSeen bool   // the other side has asked for something
	allRead  bool   // every wanted file was read
	complete bool   // the other side said so
	result   Result

	ends endQueue
}

// page is a page of the manifest that was sent.
type page struct {
	first    uint64
	items    []files.Item
	answered chan struct{}
	skips    map[uint64]string // set before answered is closed
}

// outgoing is a file that the other side wants, until it is settled.
type outgoing struct {
	path string
	end  *wire.FileEnd // once it was read; guarded by sender.mu
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
		have:   make(map[uint64]haves),
		ends:   endQueue{wake: make(chan struct{}, 1)},
	}
	s.queue = newQueue(s.released)
	return s
}

// released takes back the buffer and the part of the window of a unit that is
// acknowledged.
func (s *sender) released(u *unit) {
	n := s.bufs.size(u.buf)
	s.bufs.put(u.buf)
	s.bytes.release(n)
}

// control takes in what the other side says, until it is complete.
func (s *sender) control(ctx context.Context) error {
	for {
		m, err := s.session.Receive(ctx)
		if err != nil {
			return err
		}
		t, _ := wire.TypeOf(m)
		switch t {
		case wire.TypeAccept:
			if _, err = wire.ParseAccept(m); err == nil && s.o.Accepted != nil {
				s.o.Accepted()
			}
		case wire.TypeDecline:
			var d wire.Decline
			if d, err = wire.ParseDecline(m); err == nil {
				err = &Declined{d.Reason}
			}
		case wire.TypeHave:
			err = s.takeHave(m)
		case wire.TypeWant:
			err = s.takeWant(m)
		case wire.TypeAck:
			err = s.takeAck(m)
		case wire.TypeSettled:
			err = s.takeSettled(m)
		case wire.TypeComplete:
			err = s.takeComplete(m)
		case wire.TypePause:
			err = s.o.Pause.take(m)
		case wire.TypeLimit:
			err = s.limit.take(m)
		case wire.TypeCancel:
			var c wire.Cancel
			if c, err = wire.ParseCancel(m); err == nil {
				err = &Cancelled{c.Reason, c.Text}
			}
		default:
			err = protocol("message type %#02x for a sender", uint8(t))
		}
		if err != nil {
			return err
		}
	}
}

func (s *sender) takeWant(m []byte) error {
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
	s.wantSeen = true
	for _, skip := range w.Skips {
		if skip.File < p.first || skip.File >= p.first+uint64(len(p.items)) {
			return protocol("a skip of entry %d, which is not of page %d", skip.File, w.Page)
		}
		p.skips[skip.File] = skip.Reason
	}
	close(p.answered)
	return nil
}

// maxRun is the most blocks of one file that can be under way.
const maxRun = windowBytes/wire.BlockSize + 1

func (s *sender) takeAck(m []byte) error {
	a, err := wire.ParseAck(m)
	if err != nil {
		return err
	}
	for _, r := range a.Runs {
		if r.Count > maxRun {
			return protocol("an acknowledgement of %d blocks at once", r.Count)
		}
		for i := range r.Count {
			s.o.Progress.Bytes.Add(s.queue.ack(blockKey{r.File, r.First + i}))
		}
	}
	return nil
}

func (s *sender) takeSettled(m []byte) error {
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
			s.result.Files++
			s.result.Bytes += end.Size
		}
		s.mu.Unlock()
		s.files.release(1)
		if f.Outcome == wire.OutcomeOK {
			s.o.Progress.Files.Add(1)
			s.o.Observer.FileDone(out.path, end.Size, end.Root)
			continue
		}
		s.queue.dropFile(f.File)
		if end == nil || end.Outcome == wire.OutcomeOK { // else it was told already
			s.failed(out.path, f.Outcome, f.Reason)
		}
	}
	return nil
}

// failed counts and tells an entry that does not arrive.
func (s *sender) failed(path string, outcome wire.Outcome, reason string) {
	s.mu.Lock()
	s.result.Failed++
	s.mu.Unlock()
	s.o.Observer.FileFailed(path, outcome, reason)
}

func (s *sender) takeComplete(m []byte) error {
	if _, err := wire.ParseComplete(m); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wanted) > 0 {
		return protocol("the other side is complete with %d files under way", len(s.wanted))
	}
	s.complete = true
	s.finishIfDone()
	return nil
}

// finishIfDone ends the transfer well once the other side is complete and there
// is nothing left to read; s.mu is held.
func (s *sender) finishIfDone() {
	if s.complete && s.allRead {
		s.finish()
	}
}
