package relay

import (
	"crypto/subtle"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// role says which of a room's two seats a peer sits in.
type role uint8

const (
	sender role = iota
	receiver
)

func (r role) other() role { return 1 - r }

// room is the meeting place of one sender and one receiver.
//
//	open --burn--> burnt --both gone--> over (used)
//	open --TTL, or the sender withdraws--> over (expired, unknown)
type room struct {
	table     *table
	nameplate string
	nonce     [16]byte
	ticket    wire.Ticket

	// Changed under table.mu. Peers look each other up in seats without it.
	seats  [2]atomic.Pointer[peer]
	burnt  bool
	over   bool
	expiry *time.Timer
}

// take seats p in the room of a nameplate, in the sender's seat if it has a
// ticket, and puts the welcome first into its queue. It gives the reason if
// that cannot be. The other peer still has to be told: see arrive.
func (t *table) take(p *peer, nameplate string, ticket *wire.Ticket, stun string) wire.RoomErrorCode {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, code := t.find(nameplate)
	if code != 0 {
		return code
	}
	p.role = receiver
	if ticket != nil {
		p.role = sender
		if subtle.ConstantTimeCompare(ticket[:], r.ticket[:]) != 1 {
			return wire.RoomTicket
		}
	}
	switch {
	case p.role == receiver && r.burnt:
		return wire.RoomUsed
	case r.seats[p.role].Load() != nil:
		return wire.RoomFull
	}
	welcome := wire.RoomWelcome{Nonce: r.nonce, STUN: stun}
	if other := r.seats[p.role.other()].Load(); other != nil && !other.leaving {
		welcome.Flags |= wire.RoomPeerHere
		p.met = other
	}
	p.room = r
	p.queue <- &message{frame: welcome.Append(nil)} // the queue is new and empty
	r.seats[p.role].Store(p)
	return 0
}

// arrive tells the peer that p met that p sits down; one who comes after p
// hears of p in its welcome. Nothing of p's is forwarded before that.
func (p *peer) arrive() {
	if p.met != nil {
		p.met.put(notice(wire.RoomJoinedKind), p.out)
	}
}

// leave tells the other peer that p has gone, and only then gives the seat
// free: so no newcomer can be announced before that.
func (r *room) leave(p *peer) {
	r.table.mu.Lock()
	p.leaving = true
	other := r.seats[p.role.other()].Load()
	over := r.over
	r.table.mu.Unlock()

	if other != nil && !over {
		other.put(notice(wire.RoomLeftKind), nil)
	}

	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	r.seats[p.role].Store(nil)
	if r.burnt && r.empty() {
		r.end(wire.RoomUsed)
	}
}

// burn makes the code useless: the receiver's seat stays as it is.
func (r *room) burn() {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	r.burnt = true
	r.expiry.Stop()
}

// withdraw ends the room at the sender's wish. Its receiver is told after
// everything that the sender sent before.
func (r *room) withdraw(p *peer) {
	r.table.mu.Lock()
	story := wire.RoomUnknown
	if r.burnt {
		story = wire.RoomUsed
	}
	r.finish(story)
	other := r.seats[p.role.other()].Load()
	r.table.mu.Unlock()

	if other != nil {
		left := notice(wire.RoomLeftKind)
		left.last = true
		other.put(left, nil)
	}
	p.dismiss(0)
}

// expire ends a room that was not burnt in time.
func (r *room) expire() {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	if !r.burnt {
		r.end(wire.RoomExpired)
	}
}

// end ends the room and puts out who is still there. The table is locked.
func (r *room) end(code wire.RoomErrorCode) {
	r.finish(code)
	for i := range r.seats {
		if p := r.seats[i].Load(); p != nil {
			p.dismiss(code)
		}
	}
}

// finish takes the room off the table, once. The table is locked.
func (r *room) finish(story wire.RoomErrorCode) {
	if r.over {
		return
	}
	r.over = true
	r.expiry.Stop()
	r.table.bury(r, story)
}

func (r *room) empty() bool {
	return r.seats[sender].Load() == nil && r.seats[receiver].Load() == nil
}
