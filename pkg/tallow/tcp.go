package tallow

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Both sides listen for TCP connections, tell each other where, sealed, and dial
// each other at once, as long as no tcp lane is up. The sending side says which
// connections become lanes. The side whose dial led to the first one dials the
// others, between the same two addresses.

// maxTCPLanes is how many connections there are at a time.
const maxTCPLanes = 4

const (
	tcpRedialFirst  = 500 * time.Millisecond // after a dial that led to nothing
	tcpRedialLatest = 30 * time.Second
	// tcpChance is how long the first connection may take. After it, where
	// nothing else may carry data, the transfer ends.
	tcpChance = 15 * time.Second
)

// tcpLanes are a link's: what is known of the other side, and the lanes that
// there are.
type tcpLanes struct {
	listener net.Listener // set before anything else runs

	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever anything below changes
	current tcpKeys
	theirs  struct { // of the newest generation of which they came
		heard      bool
		generation uint32
		at         wire.Addresses
	}
	up      map[*lane.TCP]bool // those that are lanes, or become one
	path    lane.Path          // between the addresses of those
	dialled netip.AddrPort     // what led this side there; zero if only the other side dialled
	first   chan struct{}      // closed with the first lane
}

// broadcast wakes whoever waits for a change; t.mu is held.
func (t *tcpLanes) broadcast() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// tcpKeys are the keys of a generation.
type tcpKeys struct {
	generation uint32
	key        [lane.TCPKeySize]byte
}

func tcpKeysOf(secrets *handshake.Secrets, generation uint32) (tcpKeys, error) {
	k := tcpKeys{generation: generation}
	exported, err := secrets.Export("tcp lane", len(k.key))
	copy(k.key[:], exported)
	return k, err
}

// startTCP has tcp lanes, if the other side allows them, too.
func (l *link) startTCP(secrets *handshake.Secrets) error {
	keys, err := tcpKeysOf(secrets, 0)
	if err != nil {
		return err
	}
	l.tcp = &tcpLanes{
		changed: make(chan struct{}), current: keys,
		up: make(map[*lane.TCP]bool), first: make(chan struct{}),
	}
	l.wg.Go(l.runTCP)
	return nil
}

// renewTCP takes up the keys of a resumption: the two sides tell each other anew
// where they are, which may be elsewhere.
func (l *link) renewTCP(found *reunion) {
	if l.tcp == nil {
		return
	}
	keys, err := tcpKeysOf(found.secrets, found.generation)
	if err != nil {
		l.client.log.Debug("no keys for tcp lanes", "reason", err)
		return
	}
	l.tcp.mu.Lock()
	defer l.tcp.mu.Unlock()
	l.tcp.current = keys
	l.tcp.broadcast()
}

// runTCP listens and says where at once, so that the first dial costs no round
// trip before it; it stops if the other side takes no tcp lanes.
func (l *link) runTCP() {
	ctx, stop := context.WithCancel(l.ctx)
	defer stop()
	listener, err := lane.ListenTCP(ctx)
	if err != nil {
		l.client.log.Debug("cannot listen for tcp lanes", "reason", err)
	} else {
		l.tcp.listener = listener
		l.wg.Go(func() { lane.ServeTCP(ctx, listener, func() lane.TCPPeer { return l.tcpPeer(false) }) })
	}
	l.wg.Go(l.tellAddresses)
	peer, err := l.Peer(l.ctx)
	if err != nil || peer.Lanes&wire.LaneTCP == 0 {
		return
	}
	if l.role == sends {
		l.wg.Go(l.watchTCP)
	}
	l.keepDiallingTCP()
}

// watchTCP gives the first connection its chance.
func (l *link) watchTCP() {
	timer := time.NewTimer(tcpChance)
	defer timer.Stop()
	select {
	case <-timer.C:
		l.triedInVain(wire.LaneTCP)
	case <-l.tcp.first:
	case <-l.ctx.Done():
	}
}

// tellAddresses tells where this side listens, once in each generation.
func (l *link) tellAddresses() {
	for {
		l.tcp.mu.Lock()
		current, changed := l.tcp.current.generation, l.tcp.changed
		l.tcp.mu.Unlock()
		sig := wire.Signal{Kind: wire.SignalAddresses, Lane: session.LaneID(current, 0), Body: string(l.ourAddresses().Append(nil))}
		if l.Send(l.ctx, sig.Append(nil)) != nil {
			return
		}
		for same := true; same; {
			select {
			case <-changed:
			case <-l.ctx.Done():
				return
			}
			l.tcp.mu.Lock()
			same, changed = l.tcp.current.generation == current, l.tcp.changed
			l.tcp.mu.Unlock()
		}
	}
}

func (l *link) ourAddresses() wire.Addresses {
	if l.tcp.listener == nil {
		return nil
	}
	return lane.ListenAddresses(l.tcp.listener)
}

// hearAddresses takes in where the other side listens; those of an older
// generation, and a second word of one, count for nothing.
func (l *link) hearAddresses(sig wire.Signal) {
	if l.tcp == nil {
		return
	}
	theirs, err := wire.ParseAddresses([]byte(sig.Body))
	if err != nil {
		l.client.log.Debug("addresses that cannot be used", "reason", err)
		return
	}
	l.tcp.mu.Lock()
	defer l.tcp.mu.Unlock()
	if generation := sig.Lane >> 16; !l.tcp.theirs.heard || generation > l.tcp.theirs.generation {
		l.tcp.theirs.heard, l.tcp.theirs.generation, l.tcp.theirs.at = true, generation, theirs
		l.tcp.broadcast()
	}
}
