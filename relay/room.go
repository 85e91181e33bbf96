package relay

import (
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// role says which of a room's two seats a peer sits in. In a resume room it says
// nothing more than that.
type role uint8

const (
	sender role = iota
	receiver
)

func (r role) other() role { return 1 - r }

// room is the meeting place of two peers: of the sender and the receiver of a
// code, or of two that resume, which have no roles and take the seats in turn
// (resume.go).
//
//	open --burn--> burnt --both gone--> over (used)
//	open --TTL, or the sender withdraws--> over (expired, unknown)
type room struct {
	table *table
	id    *[16]byte // of a resume room; nil for the room of a code, which has:

	nameplate string
	nonce     [16]byte
	ticket    wire.Ticket

	// Changed under table.mu. Peers look each other up in seats without it.
	seats  [2]atomic.Pointer[peer]
	burnt  bool
	over   bool
	expiry *time.Timer
}

// leave tells the other peer that p has gone, and only then gives the seat
// free: so no newcomer can be announced before that. What it waits for takes no
// longer than the other peer does, and that has a limit (stall).
func (r *room) leave(p *peer) {
	r.table.mu.Lock()
	r.part(p)
	bereaved, over := p.bereaved, r.over
	p.bereaved = nil
	r.table.mu.Unlock()

	if p.before != nil {
		<-p.before
	}
	if bereaved != nil && p.known.Load() && !over {
		bereaved.put(notice(wire.RoomLeftKind), nil)
	}
	close(p.departed)

	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	if r.seats[p.role].Load() != p {
		return // it was taken over
	}
	r.seats[p.role].Store(nil)
	switch {
	case r.over:
	case r.empty() && (r.burnt || r.resumes()):
		r.end(wire.RoomUsed)
	case r.resumes():
		r.expiry.Reset(r.table.resumeTTL)
	}
}

// part notes, once, that p has no more to say and who has to be told of that:
// the one who sits opposite now, for who comes later never hears of p. The table
// is locked.
func (r *room) part(p *peer) {
	if !p.leaving {
		p.leaving = true
		p.bereaved = r.seats[p.role.other()].Load()
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

// expire ends a room that was not burnt in time, or in which a peer has been
// alone for too long. While two resume, the time that began with the first runs
// out to no effect; it begins again when one of them goes.
func (r *room) expire() {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	if !r.burnt && !(r.resumes() && r.full()) {
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

func (r *room) full() bool {
	return r.seats[sender].Load() != nil && r.seats[receiver].Load() != nil
}
