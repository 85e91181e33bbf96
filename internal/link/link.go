package link

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/relayed"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// DefaultReconnectTimeout is how long a link that has lost every connection
// waits for the peer to come back.
const DefaultReconnectTimeout = 10 * time.Minute

// Options are the settings of one Link.
type Options struct {
	Observer Observer
	// ReconnectTimeout is how long to wait for the peer when every connection is
	// lost; 0: DefaultReconnectTimeout.
	ReconnectTimeout time.Duration
	// Verifies tells the peer that a person compares the verification words here
	// before data flows.
	Verifies bool
	// Keeps tells the peer that this side wants to keep it.
	Keeps bool
	// Remaining returns how many bytes are still to be sent, 0 if unknown. It
	// decides how many lanes are worth their cost. Only the sender sets it.
	Remaining func() int64
	// NoPath is called when every kind of direct lane that both peers allow has
	// failed and the relay may not carry data. Only the sender sets it.
	NoPath func()
}

// Link is a session together with its connections: the relayed lane from the
// start, direct lanes as they come up, and reconnecting when all are lost.
type Link struct {
	*session.Session
	config   Config
	peer     *Peer
	observer Observer
	options  Options
	timeout  time.Duration
	dialers  []dialer

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup
	seen   int // lanes that NextLane has returned; owned by its caller

	disconnected atomic.Bool // the observer was told

	mu         sync.Mutex
	generation uint32           // of the newest keys; a session begins with 0
	numbered   uint16           // direct lanes of that generation so far
	room       *rendezvous.Room // the newest
	failed     wire.Lanes       // kinds of direct lanes that failed
	came       wire.Lanes       // kinds of which a lane has been up
	restarted  *Peer            // the receiver's new process

	observing sync.Mutex         // held while the observer is told about lanes, to keep the order
	active    map[wire.Lanes]int // number of lanes of each kind that carry data
	wasDirect bool               // a direct lane has carried data
}

// Connect starts a session with the peer. The Link owns the peer's room and must
// be closed. It ends when ctx does.
func (p *Peer) Connect(ctx context.Context, o Options) (*Link, error) {
	if o.ReconnectTimeout == 0 {
		o.ReconnectTimeout = DefaultReconnectTimeout
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &Link{
		Session: session.New(p.keys(), session.Options{
			Allowed: p.config.Lanes, NoDirect: p.config.Private, Verifies: o.Verifies, Keeps: o.Keeps, Page: p.config.Page, Name: p.config.Name, Program: "tallow/" + p.config.Version, ReconnectTimeout: o.ReconnectTimeout,
		}),
		config: p.config, peer: p, observer: o.Observer, options: o, timeout: o.ReconnectTimeout,
		ctx: ctx, cancel: cancel, active: make(map[wire.Lanes]int),
	}
	if err := l.attachRoom(p.room); err != nil {
		_ = l.Close()
		return nil, err
	}
	var err error
	if l.dialers, err = l.newDialers(); err != nil {
		_ = l.Close()
		return nil, err
	}
	for _, d := range l.dialers {
		l.wg.Go(d.run)
	}
	l.wg.Go(l.dispatchSignals)
	l.wg.Go(l.watchLoss)
	l.wg.Go(l.keepRelayed)
	return l, nil
}

// attachRoom makes the room the session's relayed lane of the current
// generation.
func (l *Link) attachRoom(room *rendezvous.Room) error {
	l.mu.Lock()
	id := session.LaneID(l.generation, 0)
	l.mu.Unlock()
	err := l.attach(id, wire.LaneRelay, relayed.New(l.ctx, room))
	if err == nil {
		l.setICEServers(room)
	}
	return err
}

// Close ends the session and its connections, and waits for all goroutines.
func (l *Link) Close() error {
	l.cancel()
	err := l.Session.Close()
	l.wg.Wait()
	return err
}

// NextLane returns the lanes one by one as they come up. It must be called from
// one goroutine at a time.
func (l *Link) NextLane(ctx context.Context) (*session.Lane, error) {
	next, err := l.Attached(ctx, l.seen)
	if err == nil {
		l.seen++
	}
	return next, err
}

// attach adds a lane to the session, and tells the observer when lanes of its
// kind begin or stop carrying data.
func (l *Link) attach(id uint32, kind wire.Lanes, c lane.Carrier) error {
	at := peerAddress(c)
	if l.config.WrapCarrier != nil {
		c = l.config.WrapCarrier(id, c)
	}
	attached, err := l.Attach(id, c)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.failed &^= kind
	l.came |= kind
	l.mu.Unlock()
	direct := c.Traits().Direct
	l.wg.Go(func() {
		for attached.AwaitActive(l.ctx) == nil {
			l.begins(kind, direct, at)
			err := attached.AwaitStandby(l.ctx)
			if errors.Is(err, context.Canceled) || attached.Err() != nil && l.endsSoon() {
				return // the transfer has ended; the lane did not fail
			}
			l.stops(kind)
			l.config.Logger.Debug("lane no longer carries data", "lane", kind, "reason", attached.Err())
		}
	})
	return nil
}

// peerAddress returns the peer's address as a direct carrier has it; the zero Addr if
// the carrier is not direct, or does not know it.
func peerAddress(c lane.Carrier) netip.Addr {
	if a, ok := c.(lane.Addressed); ok && c.Traits().Direct {
		return a.PeerAddress()
	}
	return netip.Addr{}
}

// begins counts a lane that begins to carry data. The observer is told about the
// first of its kind only.
func (l *Link) begins(kind wire.Lanes, direct bool, at netip.Addr) {
	l.observing.Lock()
	defer l.observing.Unlock()
	l.active[kind]++
	if l.active[kind] == 1 {
		l.observer.LaneUp(kind, l.whyCarries(direct, l.wasDirect), at)
	}
	l.wasDirect = l.wasDirect || direct
}

// stops counts a lane that no longer carries data. The observer is told about the
// last of its kind only.
func (l *Link) stops(kind wire.Lanes) {
	l.observing.Lock()
	defer l.observing.Unlock()
	l.active[kind]--
	if l.active[kind] == 0 {
		l.observer.LaneDown(kind)
	}
}
