package transfer

import (
	"context"
	"slices"
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// blockKey names one block of the transfer.
type blockKey struct {
	file  uint64
	block uint32
}

type blockSize struct {
	blockKey
	bytes int64
}

// unit is what a lane takes from the queue at once: one large block, or a
// record full of small files. It is kept until the other side has acknowledged
// all of it, and goes back to the queue when its lane dies before.
type unit struct {
	block  wire.Segment // a large block; Payload is all of it, in buf behind its headroom
	packed []byte       // or small files: a whole record's plaintext, in buf
	buf    *[]byte

	packedPayload int64 // bytes of files in packed

	// Guarded by queue.mu once the unit is in a queue.
	blocks  []blockSize // not acknowledged
	lane    Lane        // that has it, or had it last
	sending bool
	waiting bool // in the queue
}

// queue holds the units that wait for a lane and knows those under way.
type queue struct {
	mu       sync.Mutex
	waiting  []*unit // taken from the front; what a dead lane gave back comes first
	unacked  map[blockKey]*unit
	wake     chan struct{} // closed and replaced when waiting grows
	released func(*unit)   // called, without mu, when a unit is of no more use
}

func newQueue(released func(*unit)) *queue {
	return &queue{unacked: make(map[blockKey]*unit), wake: make(chan struct{}), released: released}
}

// load is how many blocks wait for a lane, and how many are not acknowledged,
// those among them.
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
	defer q.mu.Unlock()
	for _, b := range u.blocks {
		q.unacked[b.blockKey] = u
	}
	u.waiting = true
	q.waiting = append(q.waiting, u)
	q.wakeAll()
}

func (q *queue) wakeAll() {
	close(q.wake)
	q.wake = make(chan struct{})
}

// pop gives the next unit to a lane; it is being sent until sent is called. Nil
// when the lane died.
func (q *queue) pop(ctx context.Context, l Lane) (*unit, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		q.mu.Lock()
		if len(q.waiting) > 0 {
			u := q.waiting[0]
			q.waiting = slices.Delete(q.waiting, 0, 1)
			u.lane, u.sending, u.waiting = l, true, false
			q.mu.Unlock()
			return u, nil
		}
		wake := q.wake
		q.mu.Unlock()
		select {
		case <-wake:
		case <-l.Done():
			return nil, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// sent says that a lane is through with sending u, well or not.
func (q *queue) sent(u *unit) {
	q.mu.Lock()
	u.sending = false
	free := len(u.blocks) == 0
	q.mu.Unlock()
	if free {
		q.released(u)
	}
}

// ack notes that the other side has a block, or wants no more of it, and returns
// the block's size; 0 if it is not under way.
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
	free := len(u.blocks) == 0 && !u.sending
	if free && u.waiting {
		q.drop(u)
	}
	q.mu.Unlock()
	if free {
		q.released(u)
	}
	return bytes
}

// drop takes u out of the waiting ones; q.mu is held.
func (q *queue) drop(u *unit) {
	q.waiting = slices.DeleteFunc(q.waiting, func(w *unit) bool { return w == u })
	u.waiting = false
}

// dropFile forgets all blocks of a file that failed.
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

// giveBack puts what a dead lane took and nobody acknowledged back in front.
func (q *queue) giveBack(l Lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var back []*unit
	seen := make(map[*unit]bool)
	for _, u := range q.unacked {
		if u.lane == l && !u.waiting && !u.sending && !seen[u] {
			seen[u] = true
			u.waiting = true
			back = append(back, u)
		}
	}
	if len(back) > 0 {
		q.waiting = append(back, q.waiting...)
		q.wakeAll()
	}
}
