package transfer

import (
	"context"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// ackGather is how long an acknowledgement waits for others that can share its
// message. The wait costs time only when the window is full.
const ackGather = 2 * time.Millisecond

// ackQueue collects the blocks to acknowledge.
type ackQueue struct {
	wake chan struct{}

	mu   sync.Mutex
	runs []wire.Run
}

func (q *ackQueue) add(file uint64, index uint32) {
	q.mu.Lock()
	q.runs = addRun(q.runs, file, index)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// sendAcks acknowledges the blocks that the writers have written.
func (r *receiver) sendAcks(ctx context.Context) error {
	for {
		if err := gather(ctx, r.acks.wake, ackGather); err != nil {
			return err
		}
		r.acks.mu.Lock()
		runs := r.acks.runs
		r.acks.runs = nil
		r.acks.mu.Unlock()
		for len(runs) > 0 {
			n := min(len(runs), wire.MaxRuns)
			if err := r.session.Send(ctx, wire.Ack{Runs: runs[:n]}.Append(nil)); err != nil {
				return err
			}
			runs = runs[n:]
		}
	}
}
