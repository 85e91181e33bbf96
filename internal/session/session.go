package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/broadcast"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// ErrLost is the end of a session that had no lane for too long. It is wrapped
// together with the error of the last lane.
var ErrLost = errors.New("the connection to the peer is lost")

// ErrClosed is the end of a session that was closed here.
var ErrClosed = errors.New("the session is closed")

// Options are a session's settings.
type Options struct {
	Allowed wire.Lanes // the kinds of lanes that may carry data here
	// NoDirect says, here and to the peer, that no lane is going to be direct, so that
	// indirect ones need not wait.
	NoDirect bool
	Program  string // name and version, sent to the peer
	Name     string // by which this side goes, sent to the peer; empty: none
	// Verifies tells the peer that a person compares the verification words here.
	Verifies bool
	// Keeps tells the peer that this side wants to keep it, and Page that this side is a page
	// in a browser, which cannot.
	Keeps, Page bool
	// ReconnectTimeout is for how long the session lives on without any lane, so
	// that the peers can connect again.
	ReconnectTimeout time.Duration
}

// LaneID returns the number of a lane: the generation of its keys, and a number
// that is unique within the generation. No two lanes of a session have the same.
func LaneID(generation uint32, n uint16) uint32 { return generation<<16 | uint32(n) }

// maxGeneration bounds the generations of keys, which have 16 bits of a LaneID.
const maxGeneration = 1<<16 - 1

// Session is two authenticated peers and what connects them.
//
//	New -> Attach (the relayed lane first) -> Send, Receive ... -> Close
//
// Its methods may be called from any goroutine.
type Session struct {
	reconnectTimeout time.Duration
	started          time.Time

	inbox       chan []byte
	signals     chan wire.Signal
	controlWake chan struct{} // a token when writeControl has something to do
	done        chan struct{} // closed when the session has ended
	running     sync.WaitGroup
	changed     broadcast.Signal // a change of anything that is guarded by mu, or of outgoing

	outgoing   *controlSender
	incoming   controlReceiver
	delivering sync.Mutex // held while control messages are delivered

	mu          sync.Mutex
	keys        map[uint32]Keys        // by generation
	paths       map[string]*pathWindow // by lane.Traits.SharedPath
	lanes       laneSet
	controlLane *Lane       // that carried the last control message
	attached    []*Lane     // all that ever were
	lastLane    error       // why the latest lane died
	losses      int         // how often the last lane died
	leaving     bool        // the peer closed a lane: it is leaving, or lost the relay
	peer        *wire.Hello // nil until it has arrived
	err         error       // why the session ended; set before done is closed
	onData      func(by wire.Lanes, plaintext []byte) error
}

// New starts a session. Close ends it and waits for all its goroutines.
func New(keys Keys, o Options) *Session {
	s := &Session{
		reconnectTimeout: o.ReconnectTimeout, started: time.Now(),
		keys:        map[uint32]Keys{0: keys},
		paths:       make(map[string]*pathWindow),
		lanes:       laneSet{own: o.Allowed, graceOver: o.NoDirect},
		inbox:       make(chan []byte, inboxSize),
		signals:     make(chan wire.Signal, maxSignals),
		controlWake: make(chan struct{}, 1),
		done:        make(chan struct{}),
		incoming:    controlReceiver{early: make(map[uint64][]byte)},
	}
	s.outgoing = &controlSender{changed: &s.changed}
	s.outgoing.append(wire.Hello{Lanes: o.Allowed, Verifies: o.Verifies, NoDirect: o.NoDirect, Keeps: o.Keeps, Page: o.Page, Program: o.Program, Name: o.Name}.Append(nil))
	s.running.Go(s.writeControl)
	s.running.Go(s.endGrace)
	return s
}

func (s *Session) age() time.Duration { return time.Since(s.started) }

// Renew adds the keys of another generation, for lanes that are attached from now
// on.
func (s *Session) Renew(generation uint32, keys Keys) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.keys[generation]; used || generation > maxGeneration {
		return fmt.Errorf("generation %d of keys cannot be used", generation)
	}
	s.keys[generation] = keys
	s.leaving = false
	return nil
}

// Signal returns the peer's next message about setting up a lane.
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

// HandleData sets the handler of data records. It must be set before the first
// data arrives. It gets the plaintext, which is valid only during the call, and
// the kind of lane that it arrived on. The lanes' goroutines call it concurrently.
// An error ends the session.
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
		return fmt.Errorf("%w: data from a peer that has none to send", wire.ErrMalformed)
	}
	if err := f(by, plaintext); err != nil {
		s.end(err)
		return err
	}
	return nil
}

// await waits until cond, which is called with s.mu held, returns true. Errors:
// the session's, ctx's.
func (s *Session) await(ctx context.Context, cond func() bool) error {
	for {
		changed := s.changed.Wait()
		s.mu.Lock()
		ok, err := cond(), s.err
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

// end ends the session. Only the first call has an effect.
func (s *Session) end(err error) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err = err
	close(s.done)
	lanes := slices.Clone(s.lanes.up)
	s.mu.Unlock()
	s.changed.Broadcast()
	for _, l := range lanes {
		l.fail(err)
	}
}

// Peer returns the peer's Hello, and waits until it has arrived.
func (s *Session) Peer(ctx context.Context) (wire.Hello, error) {
	if err := s.await(ctx, func() bool { return s.peer != nil }); err != nil {
		return wire.Hello{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.peer, nil
}

// setPeer takes the peer's Hello.
func (s *Session) setPeer(h wire.Hello) {
	s.mu.Lock()
	s.peer = &h
	s.lanes.peer = h.Lanes
	s.lanes.graceOver = s.lanes.graceOver || h.NoDirect
	s.mu.Unlock()
	s.changed.Broadcast()
}

// Done is closed when the session has ended. Err then says why.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err returns why the session ended; nil while it lives.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close ends the session at once and waits for its goroutines. Messages that must
// arrive first need SendAndWait.
func (s *Session) Close() error {
	s.end(ErrClosed)
	s.running.Wait()
	return nil
}
