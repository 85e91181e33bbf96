package relay

import (
	"crypto/subtle"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// A resume room is where two peers meet again whose connections broke. Its id is
// a secret of theirs, so it needs no opening, no roles and nothing that could be
// used up: whoever comes first makes it, and it ends when nobody is in it.
//
//	nobody --first--> one --second--> two --one goes--> one ...
//	one --it goes--> over, forgotten
//	one --ResumeTTL--> over (expired), forgotten

func (r *room) resumes() bool { return r.id != nil }

// admitResumer finds the seat of p in a resume room: the one of the peer of the
// same name, which is to be taken over, or else a free one. The table is locked.
func (t *table) admitResumer(p *peer, id [16]byte, name *[16]byte) (*room, wire.RoomErrorCode) {
	if t.closing {
		return nil, wire.RoomClosing
	}
	p.name = name
	r := t.resumes[id]
	if r == nil {
		if t.rooms >= t.limit {
			return nil, wire.RoomFull
		}
		r = t.openResume(id)
	}
	free := false
	for role := range role(len(r.seats)) {
		switch holder := r.seats[role].Load(); {
		case holder != nil && holder.isNamed(name):
			p.role = role
			return r, 0
		case holder == nil && !free:
			p.role, free = role, true
		}
	}
	if !free {
		return nil, wire.RoomFull
	}
	return r, 0
}

// openResume makes a resume room, in which somebody has to sit down before the
// table is unlocked.
func (t *table) openResume(id [16]byte) *room {
	r := &room{table: t, id: &id}
	r.expiry = time.AfterFunc(t.resumeTTL, r.expire)
	t.resumes[id] = r
	t.rooms++
	return r
}

// isNamed tells whether p gave this name when it came. One without a name is
// nobody else.
func (p *peer) isNamed(name *[16]byte) bool {
	return name != nil && p.name != nil && subtle.ConstantTimeCompare(p.name[:], name[:]) == 1
}
