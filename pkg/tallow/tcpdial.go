package tallow

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// keepDiallingTCP has as many tcp lanes as there may be, as far as the network
// lets it. It returns when the link ends.
func (l *link) keepDiallingTCP() {
	wait, generation := tcpRedialFirst, l.tcp.generation()
	var next time.Time // no attempt before
	for {
		addresses, missing, changed := l.tcp.toDial(l.ourAddresses)
		if now := l.tcp.generation(); now != generation {
			wait, next, generation = tcpRedialFirst, time.Time{}, now
		}
		pause := time.Until(next)
		if missing > 0 && pause <= 0 {
			if l.dialTCP(addresses, missing) {
				wait = tcpRedialFirst
			}
			next = time.Now().Add(wait)
			wait = min(2*wait, tcpRedialLatest)
			continue
		}
		timer := time.NewTimer(pause)
		again := timer.C
		if missing == 0 {
			again = nil
		}
		select {
		case <-again:
		case <-changed:
		case <-l.ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

func (t *tcpLanes) generation() uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current.generation
}

// toDial says which addresses to dial and how many lanes are missing: the first
// one is raced for by all, the others are dialled by the side that got there.
func (t *tcpLanes) toDial(ours func() wire.Addresses) (addresses []netip.AddrPort, missing int, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.theirs.heard || t.theirs.generation != t.current.generation:
	case len(t.up) == 0 && len(t.theirs.at) > 0:
		return lane.WorthDialling(t.theirs.at, ours()), 1, t.changed
	case len(t.up) > 0 && len(t.up) < maxTCPLanes && t.dialled.IsValid():
		return []netip.AddrPort{t.dialled}, maxTCPLanes - len(t.up), t.changed
	}
	return nil, 0, t.changed
}

// dialTCP dials all addresses for the first lane, or one several times for more.
// It is false if nothing came of it.
func (l *link) dialTCP(addresses []netip.AddrPort, missing int) bool {
	var dials sync.WaitGroup
	var made atomic.Bool
	for range missing {
		dials.Go(func() {
			err := lane.DialTCP(l.ctx, addresses, l.tcpPeer(true))
			if err == nil {
				made.Store(true)
			} else if l.ctx.Err() == nil {
				l.client.log.Debug("no tcp lane", "reason", err)
			}
		})
	}
	dials.Wait()
	if !made.Load() || missing > 1 || maxTCPLanes == 1 {
		return made.Load()
	}
	// The first one is up: the others follow at once.
	if again, missing, _ := l.tcp.toDial(l.ourAddresses); len(again) == 1 && missing > 1 {
		l.dialTCP(again, missing)
	}
	return true
}

// tcpPeer is how the other side proves itself on a connection that begins now.
func (l *link) tcpPeer(dials bool) lane.TCPPeer {
	l.tcp.mu.Lock()
	keys := l.tcp.current
	l.tcp.mu.Unlock()
	return lane.TCPPeer{
		Key: keys.key, Sends: l.role == sends,
		Number: func(c *lane.TCP) (uint32, bool) {
			if !l.admitTCP(c, dials) {
				return 0, false
			}
			return l.numberLaneOf(keys.generation)
		},
		Attach: func(id uint32, c *lane.TCP) {
			if l.role == receives && (id>>16 != keys.generation || id&0xffff == 0 || !l.admitTCP(c, dials)) {
				_ = c.Close()
				return
			}
			if err := l.attach(id, wire.LaneTCP, c); err != nil {
				l.client.log.Debug("a tcp connection that is of no use", "reason", err)
			}
		},
	}
}

// admitTCP counts a connection as a lane until it is closed. The sending side
// refuses more than there may be, and those that run elsewhere than the first.
func (l *link) admitTCP(c *lane.TCP, dials bool) bool {
	t := l.tcp
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.role == sends && len(t.up) > 0 && (len(t.up) >= maxTCPLanes || c.Path() != t.path) {
		return false
	}
	if len(t.up) == 0 {
		t.path, t.dialled = c.Path(), netip.AddrPort{}
	}
	if dials {
		t.dialled = c.Remote()
	}
	t.up[c] = true
	select {
	case <-t.first:
	default:
		close(t.first)
	}
	t.broadcast()
	l.wg.Go(func() {
		<-c.Done()
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.up, c)
		t.broadcast()
	})
	return true
}
