package session

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	webrtc   *share // of the lanes over a WebRTC connection's path

	inbox       chan []byte
	signals     chan wire.Signal
	controlWake chan struct{}
	done        chan struct{} // closed when the session has ended
	running     sync.WaitGroup
	delivering  sync.Mutex // held by the lane that hands on control messages

	mu        sync.Mutex
	keys      map[uint32]Keys // by generation
	err       error           // why it ended; set before done is closed
	changed   chan struct{}   // closed and replaced whenever anything below changes
	lanes     []*Lane         // those that live
	attached  []*Lane         // all that ever were
	lastLane  error           // why the latest lane died
	hurried   bool            // the other side closed a lane: it is leaving, or lost the relay
	graceOver bool
	peer      *wire.Hello
	control   controlStream
	onData    func(by wire.Lanes, plaintext []byte) error
}

// New starts a session. Close ends it and waits for all its goroutines.
func New(keys Keys, o Options) *Session {
	s := &Session{
		allowed: o.Allowed, patience: o.Patience, began: time.Now(), webrtc: newShare(),
		keys:        map[uint32]Keys{0: keys},
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

// shareOf is what lanes of a kind share; nil if each is on its own.
func (s *Session) shareOf(kind wire.Lanes) *share {
	if kind == wire.LaneWebRTC {
		return s.webrtc
	}
	return nil
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

// Attach gives the session a carrier as the lane with a LaneID, which both sides
// use for it and for no other. The session closes the carrier.
func (s *Session) Attach(id uint32, kind wire.Lanes, c Carrier) (*Lane, error) {
	s.mu.Lock()
	keys, known := s.keys[id>>16]
	err := s.err
	switch {
	case err != nil:
	case !known:
		err = fmt.Errorf("there are no keys for lane %#x", id)
	case slices.ContainsFunc(s.attached, func(l *Lane) bool { return l.id == id }):
		err = fmt.Errorf("lane %#x was there already", id) // its keys are used up
	}
	if err != nil {
		s.mu.Unlock()
		_ = c.Close()
		return nil, err
	}
	l := newLane(s, id, kind, keys, c)
	// Beside lanes of a better kind it is of use only if somebody says so.
	l.resting = kind == wire.LaneWebRTC && slices.ContainsFunc(s.lanes, func(o *Lane) bool { return o.kind == wire.LaneTCP })
	now := int64(s.age())
	l.lastRead.Store(now)
	l.lastWrite.Store(now)
	s.lanes = append(s.lanes, l)
	s.attached = append(s.attached, l)
	s.broadcastChange()
	s.running.Go(l.read)
	s.running.Go(l.watch)
	s.running.Go(l.beat)
	s.mu.Unlock()
	s.wakeControl()
	return l, nil
}

// Attached returns the session's lane number n, counted from 0 in the order in
// which they were attached, and waits until there are as many.
func (s *Session) Attached(ctx context.Context, n int) (*Lane, error) {
	if err := s.await(ctx, func() bool { return len(s.attached) > n }); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attached[n], nil
}

// Arrived is how many bytes of data records the other side has said to have, by
// whatever lane.
func (s *Session) Arrived() (n int64) {
	s.mu.Lock()
	lanes := slices.Clone(s.attached)
	s.mu.Unlock()
	for _, l := range lanes {
		n += l.Arrived()
	}
	return n
}

// Lane returns the lane with a LaneID, dead or alive; nil if there was none.
func (s *Session) Lane(id uint32) *Lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.attached {
		if l.id == id {
			return l
		}
	}
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

// laneDied forgets a dead lane; what it may have swallowed of the control
// messages is sent again by the next one.
func (s *Session) laneDied(l *Lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lanes = slices.DeleteFunc(s.lanes, func(x *Lane) bool { return x == l })
	s.control.next = 0
	s.lastLane = l.err
	if errors.Is(l.err, io.EOF) {
		s.hurried = true
	}
	s.broadcastChange()
	s.wakeControl()
	if len(s.lanes) == 0 && s.err == nil {
		s.running.Go(s.endIfAlone)
	}
}

// endIfAlone ends the session unless a lane comes up soon.
func (s *Session) endIfAlone() {
	timer := time.NewTimer(s.patience)
	defer timer.Stop()
	for {
		s.mu.Lock()
		alone, why, changed := len(s.lanes) == 0, s.lastLane, s.changed
		s.mu.Unlock()
		if !alone {
			return
		}
		select {
		case <-changed:
		case <-s.done:
			return
		case <-timer.C:
			s.end(fmt.Errorf("%w: %w", ErrLost, why))
			return
		}
	}
}

func (s *Session) endGrace() {
	timer := time.NewTimer(relayGrace)
	defer timer.Stop()
	select {
	case <-timer.C:
		s.mu.Lock()
		s.graceOver = true
		s.broadcastChange()
		s.mu.Unlock()
	case <-s.done:
	}
}

func (s *Session) silence() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hurried {
		return hurriedSilent
	}
	return laneSilence
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

// AwaitLanes waits until cond holds of the kinds of lanes that are up.
func (s *Session) AwaitLanes(ctx context.Context, cond func(up wire.Lanes) bool) error {
	return s.await(ctx, func() bool {
		var up wire.Lanes
		for _, l := range s.lanes {
			up |= l.kind
		}
		return cond(up)
	})
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
