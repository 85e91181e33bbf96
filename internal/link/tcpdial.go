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

// The retry interval after a dial that failed.
const (
	tcpRedialFirst   = 500 * time.Millisecond
	tcpRedialLongest = 30 * time.Second
)

// keepDialling dials until there are maxTCPLanes lanes, and replaces those that
// die. It returns when the link ends.
func (d *tcpDialer) keepDialling() {
	retry := newRetry(tcpRedialFirst, tcpRedialLongest)
	generation := d.generation()
	var next time.Time // of the next attempt
	for {
		changed := d.changed.Wait()
		addresses, missing := d.toDial()
		if now := d.generation(); now != generation {
			retry.Reset()
			next, generation = time.Time{}, now
		}
		pause := time.Until(next)
		if missing > 0 && pause <= 0 {
			if d.dial(addresses, missing) {
				retry.Reset()
			}
			next = time.Now().Add(retry.NextBackOff())
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

// toDial returns which addresses to dial and how many lanes are missing. For the
// first lane both peers dial all addresses at once. For the others, the peer that
// succeeded first dials the same address again.
func (d *tcpDialer) toDial() (addresses []netip.AddrPort, missing int) {
	ours := d.ourAddresses()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !d.theirs.known || d.theirs.generation != d.current.generation:
	case len(d.up) == 0 && len(d.theirs.at) > 0:
		return tcp.Reachable(d.theirs.at, ours), 1
	case len(d.up) > 0 && len(d.up) < maxTCPLanes && d.dialled.IsValid():
		return []netip.AddrPort{d.dialled}, maxTCPLanes - len(d.up)
	}
	return nil, 0
}

// dial dials all addresses for the first lane, or one address several times for
// more lanes. It reports whether a lane came up.
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
	// The first lane is up: dial the others now.
	if again, missing := d.toDial(); len(again) == 1 && missing > 1 {
		d.dial(again, missing)
	}
	return true
}

// peer returns the keys and callbacks with which the peer is authenticated on a
// new connection.
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
				l.config.Logger.Debug("tcp connection not attached", "reason", err)
			}
		},
	}
}

// admit counts a connection as a lane until it is closed. The sender refuses
// connections beyond maxTCPLanes, and those on another path than the first.
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
