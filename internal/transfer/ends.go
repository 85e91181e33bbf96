package transfer

import (
	"context"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// endGather is how long an End or Same waits for others that can share its
// message.
const endGather = 5 * time.Millisecond

// endQueue collects what reading has found out about files: which blocks the peer
// has already, and how files ended.
type endQueue struct {
	wake chan struct{}

	mu   sync.Mutex
	same []wire.Run
	ends []wire.FileEnd
}

func (q *endQueue) notify() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *endQueue) add(ends []wire.FileEnd) {
	q.mu.Lock()
	q.ends = append(q.ends, ends...)
	q.mu.Unlock()
	q.notify()
}

// same notes that the peer has a block of n bytes already.
func (s *sender) same(file uint64, index uint32, n int) {
	s.arrived(file, int64(n))
	s.o.Progress.There.Add(int64(n))
	q := &s.ends
	q.mu.Lock()
	q.same = addRun(q.same, file, index)
	q.mu.Unlock()
	q.notify()
}

// addRun adds a block to runs: to the last one, if the block is the next in it.
func addRun(runs []wire.Run, file uint64, index uint32) []wire.Run {
	if n := len(runs); n > 0 && runs[n-1].File == file && runs[n-1].First+runs[n-1].Count == index {
		runs[n-1].Count++
		return runs
	}
	return append(runs, wire.Run{File: file, First: index, Count: 1})
}

// flushEnds sends what endQueue has collected.
func (s *sender) flushEnds(ctx context.Context) error {
	for {
		if err := gather(ctx, s.ends.wake, endGather); err != nil {
			return err
		}
		q := &s.ends
		q.mu.Lock()
		same, ends := q.same, q.ends
		q.same, q.ends = nil, nil
		q.mu.Unlock()
		for len(same) > 0 {
			n := min(len(same), wire.MaxRuns)
			if err := s.session.Send(ctx, wire.Same{Runs: same[:n]}.Append(nil)); err != nil {
				return err
			}
			same = same[n:]
		}
		for len(ends) > 0 {
			n := min(len(ends), wire.MaxEnds)
			if err := s.session.Send(ctx, wire.End{Files: ends[:n]}.Append(nil)); err != nil {
				return err
			}
			ends = ends[n:]
		}
	}
}

// gather waits for wake and then for a delay, so that what happens at nearly the
// same time is sent together.
func gather(ctx context.Context, wake <-chan struct{}, delay time.Duration) error {
	select {
	case <-wake:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
