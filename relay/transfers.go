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

// count counts payload that is passed on.
func (r *room) count(n int) {
	r.traffic.relayed.Add(int64(n))
	r.table.relayed.Add(int64(n))
}
