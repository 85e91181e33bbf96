package transfer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Files are committed in batches, because syncing a small file alone takes longer
// than writing it. A batch is what has become complete within commitGather, at
// most commitFiles files.
const (
	commitGather = 20 * time.Millisecond
	commitFiles  = 1024
)

// settleQueue collects the files that are complete and those that failed.
type settleQueue struct {
	wake chan struct{}

	mu         sync.Mutex
	committing bool // a batch was taken and is being committed
	complete   []*incoming
	failed     []failure
}

// busy says whether files wait to be committed or are being committed.
func (q *settleQueue) busy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.committing || len(q.complete) > 0
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

// take returns a batch of files to commit, all that failed, and whether there is
// another batch.
func (q *settleQueue) take() (complete []*incoming, failed []failure, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.complete), commitFiles)
	complete, failed = q.complete[:n:n], q.failed
	q.complete, q.failed = q.complete[n:], nil
	q.committing = n > 0
	return complete, failed, len(q.complete) > 0
}

// commit gives complete files their names, tells the sender, and finishes the
// transfer when no file is left.
func (r *receiver) commit(ctx context.Context) error {
	for {
		if err := gather(ctx, r.settles.wake, commitGather); err != nil {
			return err
		}
		for more := true; more; {
			var complete []*incoming
			var failed []failure
			complete, failed, more = r.settles.take()
			refused, err := r.commitBatch(ctx, complete)
			if err != nil {
				return err
			}
			if err := r.settle(ctx, complete, append(failed, refused...)); err != nil {
				return err
			}
		}
		r.mu.Lock()
		last := r.lastPage && len(r.files) == 0
		r.mu.Unlock()
		if last {
			return r.complete(ctx)
		}
	}
}

// commitBatch commits files and returns those that the destination refused.
// Any other error ends the transfer.
func (r *receiver) commitBatch(ctx context.Context, batch []*incoming) (refused []failure, err error) {
	if len(batch) == 0 {
		return nil, nil
	}
	verified := make([]files.File, 0, len(batch))
	for _, in := range batch {
		if in.entry.Kind == files.KindStream {
			if err := in.file.SetSize(in.end.Size); err != nil {
				return nil, diskError(ctx, err)
			}
		}
		verified = append(verified, in.file)
	}
	for i, err := range r.dest.Commit(ctx, verified) {
		var refusal files.Refusal
		switch {
		case err == nil:
		case errors.As(err, &refusal):
			refused = append(refused, failure{batch[i], outcomeOf(refusal), refusal.Why(), refusal.Brief()})
		default:
			return nil, diskError(ctx, err)
		}
	}
	return refused, nil
}

// placed describes a file that is in place.
func (in *incoming) placed() Placed {
	p := Placed{Path: in.file.Path(), Name: in.entry.Path, Bytes: in.bytes, Hash: in.end.Root}
	if r, ok := in.file.(files.Renamed); ok {
		p.Taken = r.Taken()
	}
	return p
}

// settle tells the observer and the sender how files ended. A file that is in both
// lists has failed.
func (r *receiver) settle(ctx context.Context, complete []*incoming, failed []failure) error {
	failures := make(map[*incoming]failure, len(failed))
	for _, f := range failed {
		failures[f.in] = f
	}
	var settled []wire.FileSettled
	for _, in := range complete {
		if _, ok := failures[in]; ok {
			continue
		}
		r.mu.Lock()
		r.result.Files++
		r.result.Bytes += in.bytes
		r.mu.Unlock()
		r.o.Progress.Files.Add(1)
		r.o.Observer.FileDone(in.placed())
		settled = append(settled, wire.FileSettled{File: in.number})
	}
	for in, f := range failures {
		_ = in.file.Close()
		r.failed(in.file.Path(), f.outcome, f.reason)
		settled = append(settled, wire.FileSettled{File: in.number, Outcome: f.outcome, Reason: f.brief})
	}
	for len(settled) > 0 {
		n := min(len(settled), wire.MaxEnds)
		if err := r.session.Send(ctx, wire.Settled{Files: settled[:n]}.Append(nil)); err != nil {
			return err
		}
		r.mu.Lock()
		for _, f := range settled[:n] {
			delete(r.files, f.File)
			r.o.Progress.underway.settle(f.File)
		}
		r.mu.Unlock()
		settled = settled[n:]
	}
	return nil
}
