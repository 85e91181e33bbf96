package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// ErrLost is the end of a session none of whose lanes is left.
var ErrLost = errors.New("the connection to the other side is lost")

// ErrClosed is the end of a session that this side closed.
var ErrClosed = errors.New("the session is closed")

// Options are a session's settings.
type Options struct {
	Allowed wire.Lanes // the lanes that may carry this side's data
	Program string     // name and version, told to the other side
	// Patience is how long the session lives on without any lane, so that the
	// two sides can meet again.
	Patience time.Duration
}

// LaneID is the number of a lane: the generation of the keys that it uses, and
// its own number in it. No two lanes of a session have the same.
func LaneID(generation uint32, n uint16) uint32 { return generation<<16 | uint32(n) }

// maxGeneration bounds the generations of keys, which have 16 bits of a LaneID.
const maxGeneration = 1<<16 - 1

// Session is two authenticated peers and what connects them.
//
//	New -> Attach (the relayed lane first) -> Send, Receive ... -> Close
//
// Its methods may be called from any goroutine.
type Session struct {
	allowed  wire.Lanes
	patience time.Duration
	began    time.Time

	inbox       chan []byte
	signals     chan wire.Signal
	controlWake chan struct{}
	done        chan struct{} // closed when the session has ended
	running     sync.WaitGroup
	delivering  sync.Mutex // held by the lane that hands on control messages

	mu        sync.Mutex
	keys      map[uint32]Keys   // by generation
	shares    map[string]*share // by lane.Traits.SharedPath
	err       error             // why it ended; set before done is closed
	changed   chan struct{}     // closed and replaced whenever anything below changes
	lanes     []*Lane           // those that live
	attached  []*Lane           // all that ever were
	lastLane  error             // why the latest lane died
	losses    int               // how often the last lane that lived died
	hurried   bool              // the other side closed a lane: it is leaving, or lost the relay
	graceOver bool
	peer      *wire.Hello
	control   controlStream
	onData    func(by wire.Lanes, plaintext []byte) error
}

// New starts a session. Close ends it and waits for all its goroutines.
func New(keys Keys, o Options) *Session {
	s := &Session{
		allowed: o.Allowed, patience: o.Patience, began: time.Now(),
		keys:        map[uint32]Keys{0: keys},
		shares:      make(map[string]*share),
		inbox:       make(chan []byte, inboxSize),
		signals:     make(chan wire.Signal, maxSignalBox),
		controlWake: make(chan struct{}, 1),
		done:        make(chan struct{}),
		changed:     make(chan struct{}),
		control:     controlStream{early: make(map[uint64][]byte)},
	}
	s.control.queue = [][]byte{wire.Hello{Lanes: o.Allowed, Program: o.Program}.Append(nil)}
	s.running.Go(s.writeControl)
	s.running.Go(s.endGrace)
	return s
}

func (s *Session) age() time.Duration { return time.Since(s.began) }

// Renew gives the session the keys of another generation, of which lanes that
// are attached from now on may be.
func (s *Session) Renew(generation uint32, keys Keys) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.keys[generation]; used || generation > maxGeneration {
		return fmt.Errorf("generation %d of keys cannot be used", generation)
	}
	s.keys[generation] = keys
	s.hurried = false
	return nil
}

// Signal returns the next message with which the other side sets up a lane.
func (s *Session) Signal(ctx context.Context) (wire.Signal, error) {
	select {
	case sig := <-s.signals:
		return sig, nil
	case <-s.done:
		return wire.Signal{}, s.Err()
	case <-ctx.Done():
		return wire.Signal{}, ctx.Err()
	}
}

// HandleData sets what takes the plaintext of data records and the kind of lane
// that brought it. It is called from the lanes' goroutines, several at once;
// plaintext is only good during the call; an error ends the session. It must be
// set before the first data comes.
func (s *Session) HandleData(f func(by wire.Lanes, plaintext []byte) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onData = f
}

func (s *Session) takeData(by wire.Lanes, plaintext []byte) error {
	s.mu.Lock()
	f := s.onData
	s.mu.Unlock()
	if f == nil {
		return fmt.Errorf("%w: data from a side that has none to send", wire.ErrMalformed)
	}
	if err := f(by, plaintext); err != nil {
		s.end(err)
		return err
	}
	return nil
}

// broadcastChange wakes everybody in await; s.mu is held.
func (s *Session) broadcastChange() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until cond, which is called with s.mu held, holds.
func (s *Session) await(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		ok, err, changed := cond(), s.err, s.changed
		s.mu.Unlock()
		switch {
		case ok:
			return nil
		case err != nil:
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end ends the session; only the first call counts.
func (s *Session) end(err error) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err = err
	close(s.done)
	s.broadcastChange()
	lanes := slices.Clone(s.lanes)
	s.mu.Unlock()
	for _, l := range lanes {
		l.fail(err)
	}
}

// Peer is what the other side said of itself; it waits until it has.
func (s *Session) Peer(ctx context.Context) (wire.Hello, error) {
	if err := s.await(ctx, func() bool { return s.peer != nil }); err != nil {
		return wire.Hello{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.peer, nil
}

// Done is closed when the session has ended; Err then says why.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err is why the session ended; nil while it lives.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close ends the session at once and waits for its goroutines. What must still
// arrive needs a Flush before.
func (s *Session) Close() error {
	s.end(ErrClosed)
	s.running.Wait()
	return nil
}
