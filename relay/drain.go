package relay

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// drainPoll is how often a relay that drains looks whether it is done.
const drainPoll = 100 * time.Millisecond

// Drain prepares for Shutdown: the relay opens no rooms any more and is not ready,
// and Drain waits until no two peers are connected with each other, or ctx ends.
//
// One of several nodes moves everything that can move: peers that wait, and those
// of other nodes' rooms, are told to connect again and come to another node.
// On a single relay, peers that wait keep waiting, since there is no other. Requests that
// wait for messages of the mailbox end in either case.
func (r *Relay) Drain(ctx context.Context) {
	r.table.drain(r.node != nil)
	r.dismissPassing()
	r.box.drain()
	ticker := time.NewTicker(drainPoll)
	defer ticker.Stop()
	for r.table.busy() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// drainFor drains for some time, after the end of ctx.
func (r *Relay) drainFor(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d)
	defer cancel()
	r.Drain(ctx)
}

// drain refuses new rooms from now on. If move is set, it ends those in which a peer
// waits: they go on elsewhere.
func (t *table) drain(move bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.draining = true
	if !move {
		return
	}
	for _, e := range t.entries {
		if r := e.room; r != nil && !r.burnt && !r.full() {
			r.end(wire.RoomClosing)
		}
	}
	for _, r := range t.resumes {
		if !r.full() {
			r.end(wire.RoomClosing)
		}
	}
}

func (t *table) isDraining() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.draining
}

// busy reports whether two peers are connected with each other.
func (t *table) busy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.entries {
		if e.room != nil && e.room.full() {
			return true
		}
	}
	for _, r := range t.resumes {
		if r.full() {
			return true
		}
	}
	return false
}

// dismissPassing tells the peers that are passed on to move.
func (r *Relay) dismissPassing() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.serving {
		if s.passing.Load() {
			s.peer.dismiss(wire.RoomClosing)
		}
	}
}
