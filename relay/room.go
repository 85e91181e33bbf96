package relay

import (
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// role says which of a room's two slots a peer has. In a resume room it means
// nothing more than that.
type role uint8

const (
	sender role = iota
	receiver
)

func (r role) other() role { return 1 - r }

// room is the meeting place of two peers: of the sender and the receiver of a
// code, or of two that resume, which have no roles and take the slots as they
// come (resume.go).
//
//	open --burn--> burnt --both have left--> over (used)
//	open --TTL, or the sender withdraws--> over (expired, withdrawn)
type room struct {
	table *table
	id    *[16]byte // of a resume room; nil for the room of a code, which has:

	nameplate string
	nonce     [16]byte
	words     int // of the code, 0 if the sender did not say
	ticket    wire.Ticket
	owner     owner     // who opened it
	until     time.Time // its end, unless it is burnt before

	// A room that was at another node has no ticket and no owner.
	restored   bool
	ticketHash [32]byte

	speed *rate.Limiter // of both peers together; nil for no limit
	heard atomic.Bool   // something was forwarded since watchSilence looked

	traffic traffic // transfers.go

	// Changed under table.mu. Peers look each other up in slots without it.
	slots   [2]atomic.Pointer[peer]
	burnt   bool
	over    bool
	expiry  *time.Timer
	silence *time.Timer // ends the room when nothing is said; nil before watchSilence
	idle    *time.Timer // frees the receiver's slot; nil until both peers have been there
	turn    string      // the name in credentials for TURN; empty until a peer asks
}

// leave tells the other peer that p has left, and only then frees the slot. So
// no newcomer can be announced before that. It waits no longer than the other
// peer takes, which is bounded by writeTimeout.
func (r *room) leave(p *peer) {
	r.table.mu.Lock()
	r.startLeaving(p)
	notify, over := p.notify, r.over
	p.notify = nil
	r.table.mu.Unlock()

	if p.previous != nil {
		<-p.previous
	}
	if notify != nil && p.announced.Load() && !over {
		notify.put(notice(wire.RoomLeftKind), nil)
	}
	close(p.leftSent)

	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	if r.slots[p.role].Load() != p {
		return // its next connection has the slot
	}
	r.slots[p.role].Store(nil)
	r.left(p)
	switch {
	case r.over:
	case r.empty() && (r.burnt || r.resumes()):
		r.end(wire.RoomUsed)
	case r.resumes():
		r.expiry.Reset(r.table.resumeTTL)
	}
}

// startLeaving marks, once, that nothing more comes from p, and records which peer
// to tell: the one in the other slot now, since a later one is never told about p.
// The table is locked.
func (r *room) startLeaving(p *peer) {
	if !p.leaving {
		p.leaving = true
		p.notify = r.slots[p.role.other()].Load()
	}
}

// burn makes the code useless. A receiver that has joined stays.
func (r *room) burn() {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	r.burnt = true
	r.table.change(r)
	if r.full() {
		r.start()
	}
	r.expiry.Stop()
	r.stopIdle()
	r.watchSilence()
}

// withdraw ends the room at the sender's request. The receiver is told after
// everything that the sender sent before.
func (r *room) withdraw(p *peer) {
	p.goodbye.Store(true)
	r.table.mu.Lock()
	r.left(p)
	reason := wire.RoomWithdrawn
	if r.burnt {
		reason = wire.RoomUsed
	}
	r.finish(reason)
	other := r.slots[p.role.other()].Load()
	r.table.mu.Unlock()

	if other != nil {
		left := notice(wire.RoomLeftKind)
		left.last = true
		other.put(left, nil)
	}
	p.dismiss(0)
}

// expire ends a room that was not burnt in time, or in which a peer has been
// alone for too long. A timer that fires while two peers resume has no effect;
// it is started anew when one of them leaves.
func (r *room) expire() {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	if !r.burnt && !(r.resumes() && r.full()) {
		r.end(wire.RoomExpired)
	}
}

// end ends the room and disconnects its peers. The table is locked.
func (r *room) end(code wire.RoomErrorCode) {
	r.finish(code)
	for i := range r.slots {
		if p := r.slots[i].Load(); p != nil {
			p.dismiss(code)
		}
	}
}

// finish takes the room off the table, once. The table is locked.
func (r *room) finish(reason wire.RoomErrorCode) {
	if r.over {
		return
	}
	r.over = true
	r.account(reason)
	r.expiry.Stop()
	r.stopIdle()
	r.stopSilence()
	r.table.remove(r, reason)
}

// held reports whether a slot belongs to a peer whose connection has not ended. A
// peer that has seen its connection end can join again at once, even if the other
// peer has yet to be told that it left.
func (r *room) held(role role) bool {
	holder := r.slots[role].Load()
	return holder != nil && !holder.hasGone()
}

func (r *room) empty() bool {
	return r.slots[sender].Load() == nil && r.slots[receiver].Load() == nil
}

func (r *room) full() bool {
	return r.slots[sender].Load() != nil && r.slots[receiver].Load() != nil
}
