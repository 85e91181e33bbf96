package relay

import (
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// An honest receiver sends its first handshake message as soon as both peers are
// in the room. A stranger who only knows the nameplate could join, say nothing,
// and keep the receiver out for as long as the room lives. So a receiver that
// sends nothing is disconnected after a while, and its slot is free again. The
// code is not burnt, since it was not tried.
//
// Once the code is burnt the slot stays with the receiver that burnt it.

// defaultIdleTimeout is the default of Config.IdleTimeout.
const defaultIdleTimeout = 10 * time.Second

// watchIdle starts the timeout for the receiver's first message. It is called
// whenever the second peer joins. The table is locked.
func (r *room) watchIdle() {
	p := r.slots[receiver].Load()
	if r.burnt || r.resumes() || p == nil || r.slots[sender].Load() == nil {
		return
	}
	p.spoke.Store(false) // earlier messages had no recipient
	r.stopIdle()
	r.idle = time.AfterFunc(r.table.idleTimeout, func() { r.dropIdle(p) })
}

// dropIdle disconnects the receiver p if it is still there and has sent nothing
// to a sender that is still there.
func (r *room) dropIdle(p *peer) {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	s := r.slots[sender].Load()
	if r.burnt || r.over || p.spoke.Load() || r.slots[receiver].Load() != p || s == nil || s.leaving {
		return
	}
	p.dismiss(wire.RoomIdle)
}

func (r *room) stopIdle() {
	if r.idle != nil {
		r.idle.Stop()
	}
}
