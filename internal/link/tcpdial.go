//go:build !js

package link

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane/tcp"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// How long after a dial that led to nothing the next one follows.
const (
	tcpRedialFirst  = 500 * time.Millisecond
	tcpRedialLatest = 30 * time.Second
)

// keepDialling has as many tcp lanes as there may be, as far as the network lets
// it. It returns when the link ends.
func (d *tcpDialer) keepDialling() {
	pauses := newPauses(tcpRedialFirst, tcpRedialLatest)
	generation := d.generation()
	var next time.Time // no attempt before
	for {
		changed := d.changed.Wait()
		addresses, missing := d.toDial()
		if now := d.generation(); now != generation {
			pauses.Reset()
			next, generation = time.Time{}, now
		}
		pause := time.Until(next)
		if missing > 0 && pause <= 0 {
			if d.dial(addresses, missing) {
				pauses.Reset()
			}
			next = time.Now().Add(pauses.NextBackOff())
			continue
		}
		timer := time.NewTimer(pause)
		due := timer.C
		if missing == 0 {
			due = nil
		}
		select {
		case <-due:
		case <-changed:
		case <-d.link.ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// toDial says which addresses to dial and how many lanes are missing: the first
// one is raced for by all, the others are dialled by the side that got there.
func (d *tcpDialer) toDial() (addresses []netip.AddrPort, missing int) {
	ours := d.ourAddresses()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !d.theirs.heard || d.theirs.generation != d.current.generation:
	case len(d.up) == 0 && len(d.theirs.at) > 0:
		return tcp.Reachable(d.theirs.at, ours), 1
	case len(d.up) > 0 && len(d.up) < maxTCPLanes && d.dialled.IsValid():
		return []netip.AddrPort{d.dialled}, maxTCPLanes - len(d.up)
	}
	return nil, 0
}

// dial dials all addresses for the first lane, or one several times for more. It
// is false if nothing came of it.
func (d *tcpDialer) dial(addresses []netip.AddrPort, missing int) bool {
	ctx := d.link.ctx
	var dials sync.WaitGroup
	var made atomic.Bool
	for range missing {
		dials.Go(func() {
			err := tcp.Dial(ctx, addresses, d.peer(true))
			if err == nil {
				made.Store(true)
			} else if ctx.Err() == nil {
				d.link.config.Logger.Debug("no tcp lane", "reason", err)
			}
		})
	}
	dials.Wait()
	if !made.Load() || missing > 1 {
		return made.Load()
	}
	// The first one is up: the others follow at once.
	if again, missing := d.toDial(); len(again) == 1 && missing > 1 {
		d.dial(again, missing)
	}
	return true
}

// peer is how the peer proves itself on a connection that begins now.
func (d *tcpDialer) peer(dials bool) tcp.Peer {
	l := d.link
	d.mu.Lock()
	keys := d.current
	d.mu.Unlock()
	return tcp.Peer{
		Key: keys.key, Sends: l.peer.role == Sender,
		Number: func(c *tcp.Conn) (uint32, bool) {
			if !d.admit(c, dials) {
				return 0, false
			}
			return l.numberLaneOf(keys.generation)
		},
		Attach: func(id uint32, c *tcp.Conn) {
			if l.peer.role == Receiver && (id>>16 != keys.generation || id&0xffff == 0 || !d.admit(c, dials)) {
				_ = c.Close()
				return
			}
			if err := l.attach(id, wire.LaneTCP, c); err != nil {
				l.config.Logger.Debug("a tcp connection that is of no use", "reason", err)
			}
		},
	}
}

// admit counts a connection as a lane until it is closed. The sender refuses
// more than there may be, and those that run elsewhere than the first.
func (d *tcpDialer) admit(c *tcp.Conn, dials bool) bool {
	d.mu.Lock()
	if d.link.peer.role == Sender && len(d.up) > 0 && (len(d.up) >= maxTCPLanes || c.Path() != d.path) {
		d.mu.Unlock()
		return false
	}
	if len(d.up) == 0 {
		d.path, d.dialled = c.Path(), netip.AddrPort{}
	}
	if dials {
		d.dialled = c.Remote()
	}
	d.up[c] = true
	select {
	case <-d.first:
	default:
		close(d.first)
	}
	d.mu.Unlock()
	d.changed.Broadcast()
	d.link.wg.Go(func() {
		<-c.Done()
		d.mu.Lock()
		delete(d.up, c)
		d.mu.Unlock()
		d.changed.Broadcast()
	})
	return true
}
