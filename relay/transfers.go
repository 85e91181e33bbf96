package relay

import (
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// traffic is what a room tells the Observer about: what looks like a transfer from
// outside. It begins when a code is tried or two peers resume, and ends with the room.
type traffic struct {
	relayed atomic.Int64 // payload, in bytes

	// Changed under the table's lock.
	started time.Time // zero before the transfer
	broken  [2]bool   // the last peer in the slot left without a goodbye
}

// start begins the transfer, once. The table is locked.
func (r *room) start() {
	if r.traffic.started.IsZero() {
		r.traffic.started = time.Now()
		r.table.observer.Started(r.kind())
	}
}

// left notes how a peer left. The table is locked.
func (r *room) left(p *peer) { r.traffic.broken[p.role] = !p.goodbye.Load() }

// account ends the transfer, if there was one. The table is locked.
func (r *room) account(reason wire.RoomErrorCode) {
	if r.traffic.started.IsZero() {
		return
	}
	r.table.observer.Ended(Transfer{
		Kind:    r.kind(),
		InOrder: reason == wire.RoomUsed && r.traffic.broken == [2]bool{},
		Bytes:   r.traffic.relayed.Load(),
		Took:    time.Since(r.traffic.started),
	})
}

func (r *room) kind() TransferKind {
	if r.resumes() {
		return ByResume
	}
	return ByCode
}

// count counts payload that is to be passed on. It returns false, and ends the
// room, if that is more than the room may have.
func (r *room) count(n int) bool {
	if sum := r.traffic.relayed.Add(int64(n)); r.table.bytes > 0 && sum > r.table.bytes {
		r.traffic.relayed.Add(-int64(n))
		r.exhaust()
		return false
	}
	r.table.relayed.Add(int64(n))
	return true
}

// exhaust ends the room after the last byte that it may pass on. Whoever tries the
// code later hears that it is used.
func (r *room) exhaust() {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	if r.over {
		return
	}
	r.table.rejected(wire.RoomExhausted.String())
	r.traffic.broken = [2]bool{true, true}
	r.finish(wire.RoomUsed)
	r.end(wire.RoomExhausted)
}
