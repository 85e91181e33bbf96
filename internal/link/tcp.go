//go:build !js

package link

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/broadcast"
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/lane/tcp"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// maxTCPLanes is how many tcp lanes there are at a time.
const maxTCPLanes = 4

// tcpTimeout is how long the first tcp lane may take. Then, if no other kind of
// lane may carry data, the transfer ends.
const tcpTimeout = 15 * time.Second

// tcpDialer sets up tcp lanes. While none is up, both peers listen, tell each
// other their addresses in sealed signals, and dial each other. The sender
// decides which connections become lanes. The peer whose dial succeeded first
// dials the other lanes, between the same two addresses.
type tcpDialer struct {
	link     *Link
	listener net.Listener // set before anything else runs

	changed broadcast.Signal // when anything below changes

	mu      sync.Mutex
	current tcpKeys
	theirs  struct { // the peer's addresses, of the newest generation received
		known      bool
		generation uint32
		at         wire.Addresses
	}
	up      map[*tcp.Conn]bool // connections that are lanes, or are becoming lanes
	path    tcp.Path           // of all of them
	dialled netip.AddrPort     // the address that this side dialled; zero if the peer dialled
	first   chan struct{}      // closed when the first lane is up
}

// tcpKeys is the key of a generation for the proofs on tcp connections.
type tcpKeys struct {
	generation uint32
	key        [handshake.TCPKeySize]byte
}

func tcpKeysOf(p *Peer, generation uint32) (tcpKeys, error) {
	k := tcpKeys{generation: generation}
	exported, err := p.secrets.Export("tcp lane", len(k.key))
	copy(k.key[:], exported)
	return k, err
}

func newTCPDialer(l *Link) (*tcpDialer, error) {
	keys, err := tcpKeysOf(l.peer, 0)
	if err != nil {
		return nil, err
	}
	return &tcpDialer{link: l, current: keys, up: make(map[*tcp.Conn]bool), first: make(chan struct{})}, nil
}

// renew makes both peers exchange addresses again.
func (d *tcpDialer) renew(p *Peer) {
	keys, err := tcpKeysOf(p, p.generation)
	if err != nil {
		d.link.config.Logger.Debug("no keys for tcp lanes", "reason", err)
		return
	}
	d.mu.Lock()
	d.current = keys
	d.mu.Unlock()
	d.changed.Broadcast()
}

// run listens and sends its addresses at once, so that the first dial does not
// wait for a round trip. It returns if the peer does not allow tcp lanes.
func (d *tcpDialer) run() {
	l := d.link
	ctx, stop := context.WithCancel(l.ctx)
	defer stop()
	listener, err := tcp.Listen(ctx)
	if err != nil {
		l.config.Logger.Debug("cannot listen for tcp lanes", "reason", err)
	} else {
		d.listener = listener
		l.wg.Go(func() { tcp.Serve(ctx, listener, func() tcp.Peer { return d.peer(false) }) })
	}
	l.wg.Go(d.tellAddresses)
	peer, err := l.Peer(l.ctx)
	if err != nil || peer.Lanes&wire.LaneTCP == 0 {
		return
	}
	if l.peer.role == Sender {
		l.wg.Go(d.watchFirst)
	}
	d.keepDialling()
}

// watchFirst gives up tcp lanes if none comes up within tcpTimeout.
func (d *tcpDialer) watchFirst() {
	timer := time.NewTimer(tcpTimeout)
	defer timer.Stop()
	select {
	case <-timer.C:
		d.link.cannotDial(wire.LaneTCP)
	case <-d.first:
	case <-d.link.ctx.Done():
	}
}

// tellAddresses sends the peer the addresses of this side, once in each
// generation.
func (d *tcpDialer) tellAddresses() {
	l := d.link
	for {
		changed := d.changed.Wait()
		now := d.generation()
		sig := wire.Signal{Kind: wire.SignalAddresses, Lane: session.LaneID(now, 0), Body: string(d.ourAddresses().Append(nil))}
		if l.Send(l.ctx, sig.Append(nil)) != nil {
			return
		}
		for d.generation() == now {
			select {
			case <-changed:
			case <-l.ctx.Done():
				return
			}
			changed = d.changed.Wait()
		}
	}
}

func (d *tcpDialer) generation() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.current.generation
}

func (d *tcpDialer) ourAddresses() wire.Addresses {
	if d.listener == nil {
		return nil
	}
	return tcp.Addresses(d.listener)
}

// signal takes the peer's addresses. Those of an older generation, and a second
// signal of the same one, are ignored.
func (d *tcpDialer) signal(sig wire.Signal) bool {
	if sig.Kind != wire.SignalAddresses {
		return false
	}
	theirs, err := wire.ParseAddresses([]byte(sig.Body))
	if err != nil {
		d.link.config.Logger.Debug("the peer's addresses cannot be parsed", "reason", err)
		return true
	}
	generation := sig.Lane >> 16
	d.mu.Lock()
	fresh := !d.theirs.known || generation > d.theirs.generation
	if fresh {
		d.theirs.known, d.theirs.generation, d.theirs.at = true, generation, theirs
	}
	d.mu.Unlock()
	if fresh {
		d.changed.Broadcast()
	}
	return true
}
