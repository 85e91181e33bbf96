package relay

import (
	"crypto/subtle"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// In a resume room two peers meet again after their connections broke. Its id is
// their secret, so the room needs not be opened, and has no roles and no code to
// burn. The first peer to join creates it, and it ends when it is empty.
//
//	empty --first--> one --second--> two --one leaves--> one ...
//	one --it leaves--> over, forgotten
//	one --ResumeTTL--> over (expired), forgotten

func (r *room) resumes() bool { return r.id != nil }

// findResumer finds the slot of p in a resume room: the one of the peer with the
// same id, which is to be taken over, or else a free one. The table is locked.
func (t *table) findResumer(p *peer, roomID, id [16]byte) (*room, wire.RoomErrorCode) {
	if t.closing {
		return nil, wire.RoomClosing
	}
	p.id = id
	r := t.resumes[roomID]
	if r == nil {
		if t.rooms >= t.limit {
			return nil, wire.RoomFull
		}
		r = t.openResume(roomID)
	}
	free := false
	for role := range role(len(r.slots)) {
		holder := r.slots[role].Load()
		switch {
		case holder != nil && subtle.ConstantTimeCompare(holder.id[:], id[:]) == 1:
			p.role = role
			return r, 0
		case !r.held(role) && !free:
			p.role, free = role, true
		}
	}
	if !free {
		return nil, wire.RoomFull
	}
	return r, 0
}

// openResume makes a resume room. A peer has to be admitted to it before the
// table is unlocked.
func (t *table) openResume(id [16]byte) *room {
	r := &room{table: t, id: &id, speed: newSpeed(t.bytesPerSecond)}
	r.watchSilence()
	r.expiry = time.AfterFunc(t.resumeTTL, r.expire)
	t.resumes[id] = r
	t.rooms++
	return r
}
