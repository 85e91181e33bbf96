package transfer

import (
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// settleQueue collects the files that are complete and those that failed.
type settleQueue struct {
	wake chan struct{}

	mu         sync.Mutex
	committing int // files that were taken and are not settled
	complete   []*incoming
	failed     []failure
}

// busy says whether files wait to be committed or are being committed.
func (q *settleQueue) busy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.committing > 0 || len(q.complete) > 0
}

type failure struct {
	in      *incoming
	outcome wire.Outcome
	reason  string // for the person here
	brief   string // for the sender: nothing about this machine
}

func (q *settleQueue) notify() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *settleQueue) add(in *incoming) {
	q.mu.Lock()
	q.complete = append(q.complete, in)
	q.mu.Unlock()
	q.notify()
}

func (q *settleQueue) addFailed(f failure) {
	q.mu.Lock()
	q.failed = append(q.failed, f)
	q.mu.Unlock()
	q.notify()
}

// take returns a batch of files to commit, all that failed, and whether so many are left that
// the next batch need not wait for more.
func (q *settleQueue) take() (complete []*incoming, failed []failure, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.complete), commitFiles)
	complete, failed = q.complete[:n:n], q.failed
	q.complete, q.failed = q.complete[n:], nil
	q.committing += n
	return complete, failed, len(q.complete) > 0
}

// settled notes that n files that were taken are settled.
func (q *settleQueue) settled(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.committing -= n
}
