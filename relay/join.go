package relay

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// join puts p into the room that it asks for, with the welcome first in its
// queue, or returns the reason if that cannot be. The other peer has yet to be
// told: see announce.
//
// If p proves that it is the peer that has the slot already, the older
// connection is ended, since it must have broken. Otherwise a connection that broke
// silently would keep its owner out until the relay noticed.
func (t *table) join(p *peer, want wire.RoomJoin, stun string) wire.RoomErrorCode {
	for {
		old, code := t.tryJoin(p, want, stun)
		if old == nil {
			return code
		}
		old.replace()
		<-old.gone // soon; after that it forwards nothing more
	}
}

// tryJoin is one attempt. It returns the peer that has to be gone first, if any.
func (t *table) tryJoin(p *peer, want wire.RoomJoin, stun string) (old *peer, code wire.RoomErrorCode) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var r *room
	if want.Role == wire.RoomResumer {
		r, code = t.findResumer(p, want.Resume, want.Peer)
	} else {
		r, code = t.findSlot(p, want)
	}
	if code != 0 {
		return nil, code
	}
	old = r.slots[p.role].Load()
	if old != nil && !old.hasGone() {
		return old, 0
	}
	r.admit(p, stun)
	return nil, 0
}

// findSlot finds the slot of p in the room of a code, free or to be taken over:
// the sender's if it has the ticket. The table is locked.
func (t *table) findSlot(p *peer, want wire.RoomJoin) (*room, wire.RoomErrorCode) {
	r, code := t.find(want.Nameplate)
	if code != 0 {
		return nil, code
	}
	if want.Role == wire.RoomSender {
		p.role = sender
		given, ticket := sha256.Sum256(want.Ticket[:]), r.ticketSum()
		if subtle.ConstantTimeCompare(given[:], ticket[:]) != 1 {
			return nil, wire.RoomTicket
		}
		return r, 0
	}
	p.role = receiver
	switch {
	case r.burnt:
		return nil, t.entries[r.nameplate].tell(wire.RoomUsed)
	case r.held(receiver):
		return nil, wire.RoomFull
	}
	return r, 0
}

// admit gives p its slot, which is free or belongs to a peer that has gone. The
// table is locked.
func (r *room) admit(p *peer, stun string) {
	if old := r.slots[p.role].Load(); old != nil {
		r.startLeaving(old)
		p.previous = old.leftSent
	}
	welcome := wire.RoomWelcome{Words: r.words, Nonce: r.nonce, STUN: stun}
	if r.table.hasTURN {
		welcome.Flags |= wire.RoomHasTURN
	}
	if other := r.slots[p.role.other()].Load(); other != nil && !other.leaving {
		welcome.Flags |= wire.RoomPeerHere
		other.announced.Store(true)
		p.other = other
	}
	p.room = r
	p.put(&message{frame: welcome.Append(nil)}, nil) // the queue is new and empty
	r.slots[p.role].Store(p)
	r.traffic.broken[p.role] = false
	if r.resumes() && r.full() {
		r.start()
	}
	r.watchIdle()
}

// announce tells the peer that was there before p that p has joined. A peer that
// joins after p learns about p from its welcome. Nothing from p is forwarded before
// that, and p is not announced before the end of the peer that had the slot.
func (p *peer) announce() {
	other := p.other
	p.other = nil // or peers that come and go would hold each other in memory
	if other == nil {
		return
	}
	if p.previous != nil {
		select {
		case <-p.previous:
		case <-p.out:
			return
		}
	}
	if other.put(notice(wire.RoomJoinedKind), p.out) {
		p.announced.Store(true)
	}
}
