package transfer

import (
	"context"
	"slices"
	"sync"

	"github.com/tallow-transfer/tallow/internal/broadcast"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// blockKey identifies one block of the transfer.
type blockKey struct {
	file  uint64
	block uint32
}

type blockSize struct {
	blockKey
	bytes int64
}

// unit is what a lane takes from the queue at once: one large block, or one record
// full of small files. It is kept until the peer has acknowledged all of it, and
// goes back to the queue if its lane dies before that.
type unit struct {
	block  wire.Segment // a large block; Payload is all of it, in buf after its headroom
	packed []byte       // or small files: the plaintext of a whole record, in buf
	buf    *[]byte

	packedPayload int64 // bytes of files in packed

	// Guarded by queue.mu once the unit is in a queue.
	blocks  []blockSize // not yet acknowledged
	sent    int64       // payload bytes of these that lane has taken
	lane    Lane        // that took the unit last
	sending bool
	waiting bool // in queue.waiting
}

// queue holds the units that wait for a lane, and knows those that are in flight.
type queue struct {
	released func(*unit)      // called without mu when a unit is no longer needed
	pushed   broadcast.Signal // waiting has grown

	mu      sync.Mutex
	waiting []*unit // the first is taken next; what a dead lane gave back goes to the front
	unacked map[blockKey]*unit
	sent    int64 // payload bytes that lanes have taken and the peer has not acknowledged
}

func newQueue(released func(*unit)) *queue {
	return &queue{unacked: make(map[blockKey]*unit), released: released}
}

// load returns how many blocks wait for a lane, and how many are not acknowledged,
// which includes the waiting ones.
func (q *queue) load() (waiting, unacked int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, u := range q.waiting {
		waiting += len(u.blocks)
	}
	return waiting, len(q.unacked)
}

// push adds a new unit at the end.
func (q *queue) push(u *unit) {
	q.mu.Lock()
	for _, b := range u.blocks {
		q.unacked[b.blockKey] = u
	}
	u.waiting = true
	q.waiting = append(q.waiting, u)
	q.mu.Unlock()
	q.pushed.Broadcast()
}

// pop waits for the next unit and gives it to a lane, which calls finished afterwards.
// It returns nil if the lane died.
func (q *queue) pop(ctx context.Context, l Lane) (*unit, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		pushed := q.pushed.Wait()
		if u := q.tryPop(l); u != nil {
			return u, nil
		}
		select {
		case <-pushed:
		case <-l.Done():
			return nil, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// tryPop returns nil if no unit waits.
func (q *queue) tryPop(l Lane) *unit {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil
	}
	u := q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	u.lane, u.sending, u.waiting = l, true, false
	return u
}

// took notes that the lane of a unit has taken payload bytes of it.
func (q *queue) took(u *unit, payload int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(u.blocks) > 0 { // else it has arrived on another lane
		u.sent += payload
		q.sent += payload
	}
}

// underWay returns how many payload bytes lanes have taken and the peer has not
// acknowledged.
func (q *queue) underWay() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.sent
}

// forget takes payload bytes off those that are under way; mu is held.
func (q *queue) forget(u *unit, payload int64) {
	payload = min(payload, u.sent)
	u.sent -= payload
	q.sent -= payload
}

// finished says that a lane has stopped sending u, with or without success.
func (q *queue) finished(u *unit) {
	q.mu.Lock()
	u.sending = false
	done := len(u.blocks) == 0
	q.mu.Unlock()
	if done {
		q.released(u)
	}
}

// ack notes that the peer has a block, or no longer wants it, and returns the
// block's size: 0 if it is not in flight.
func (q *queue) ack(k blockKey) (bytes int64) {
	q.mu.Lock()
	u, ok := q.unacked[k]
	if !ok {
		q.mu.Unlock()
		return 0
	}
	delete(q.unacked, k)
	u.blocks = slices.DeleteFunc(u.blocks, func(b blockSize) bool {
		if b.blockKey == k {
			bytes = b.bytes
		}
		return b.blockKey == k
	})
	q.forget(u, bytes)
	if len(u.blocks) == 0 {
		q.forget(u, u.sent)
	}
	done := len(u.blocks) == 0 && !u.sending
	if done && u.waiting {
		q.drop(u)
	}
	q.mu.Unlock()
	if done {
		q.released(u)
	}
	return bytes
}

// drop removes u from the waiting units; mu is held.
func (q *queue) drop(u *unit) {
	q.waiting = slices.DeleteFunc(q.waiting, func(w *unit) bool { return w == u })
	u.waiting = false
}

// dropFile drops all blocks of a file that failed.
func (q *queue) dropFile(file uint64) {
	q.mu.Lock()
	var keys []blockKey
	for k := range q.unacked {
		if k.file == file {
			keys = append(keys, k)
		}
	}
	q.mu.Unlock()
	for _, k := range keys {
		q.ack(k)
	}
}

// requeue puts the unacknowledged units of a dead lane back at the front.
func (q *queue) requeue(l Lane) {
	if q.takeBack(l) {
		q.pushed.Broadcast()
	}
}

// takeBack says whether there were such units.
func (q *queue) takeBack(l Lane) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	var back []*unit
	seen := make(map[*unit]bool)
	for _, u := range q.unacked {
		if u.lane == l && !u.waiting && !u.sending && !seen[u] {
			seen[u] = true
			u.waiting = true
			q.forget(u, u.sent)
			back = append(back, u)
		}
	}
	q.waiting = append(back, q.waiting...)
	return len(back) > 0
}
