package relay

import (
	"crypto/subtle"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// take seats p where it wants to sit, and puts the welcome first into its queue.
// It gives the reason if that cannot be. The other peer still has to be told:
// see arrive.
//
// If p proves that it is the peer who has the seat already, that one is put out,
// since its connection must have broken: without this, a connection that ended
// without a word would keep its owner out until it was found silent.
func (t *table) take(p *peer, want wire.RoomSeat, stun string) wire.RoomErrorCode {
	for {
		old, code := t.tryTake(p, want, stun)
		if old == nil {
			return code
		}
		old.evict()
		<-old.gone // soon; after that it forwards nothing more
	}
}

// tryTake is one attempt. It gives the peer who has to be gone first, if any.
func (t *table) tryTake(p *peer, want wire.RoomSeat, stun string) (old *peer, code wire.RoomErrorCode) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var r *room
	if want.Resume != nil {
		r, code = t.admitResumer(p, *want.Resume, want.Peer)
	} else {
		r, code = t.admit(p, want.Nameplate, want.Ticket)
	}
	if code != 0 {
		return nil, code
	}
	old = r.seats[p.role].Load()
	if old != nil && !old.hasGone() {
		return old, 0
	}
	r.seat(p, stun)
	return nil, 0
}

// admit finds the seat of p in the room of a code, free or to be taken over: the
// sender's if it has a ticket. The table is locked.
func (t *table) admit(p *peer, nameplate string, ticket *wire.Ticket) (*room, wire.RoomErrorCode) {
	r, code := t.find(nameplate)
	if code != 0 {
		return nil, code
	}
	if ticket != nil {
		p.role = sender
		if subtle.ConstantTimeCompare(ticket[:], r.ticket[:]) != 1 {
			return nil, wire.RoomTicket
		}
		return r, 0
	}
	p.role = receiver
	switch {
	case r.burnt:
		return nil, wire.RoomUsed
	case r.seats[receiver].Load() != nil:
		return nil, wire.RoomFull
	}
	return r, 0
}

// seat gives p its seat, which is free or belongs to one that has gone. The
// table is locked.
func (r *room) seat(p *peer, stun string) {
	if old := r.seats[p.role].Load(); old != nil {
		r.part(old)
		p.before = old.departed
	}
	welcome := wire.RoomWelcome{Nonce: r.nonce, STUN: stun}
	if other := r.seats[p.role.other()].Load(); other != nil && !other.leaving {
		welcome.Flags |= wire.RoomPeerHere
		other.known.Store(true)
		p.met = other
	}
	p.room = r
	p.queue <- &message{frame: welcome.Append(nil)} // the queue is new and empty
	r.seats[p.role].Store(p)
}

// arrive tells the peer that p met that p sits down; one who comes after p
// hears of p in its welcome. Nothing of p's is forwarded before that, and
// nothing of p's is told before the end of who had the seat until then.
func (p *peer) arrive() {
	met := p.met
	p.met = nil // or peers that come and go would hold each other in memory
	if met == nil {
		return
	}
	if p.before != nil {
		select {
		case <-p.before:
		case <-p.out:
			return
		}
	}
	select {
	case met.queue <- notice(wire.RoomJoinedKind):
		p.known.Store(true)
	case <-met.gone:
	case <-met.out:
	case <-p.out:
	}
}
