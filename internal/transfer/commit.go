package transfer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// A batch of finished files is committed together, because syncing each alone
// costs more than writing it: when nothing more has finished for commitGather,
// or when it has commitFiles files.
const (
	commitGather = 20 * time.Millisecond
	commitFiles  = 1024
)

// settleQueue gathers the files that are whole, and those that failed.
type settleQueue struct {
	wake chan struct{}

	mu     sync.Mutex
	taken  bool // commit is at work on what it took
	whole  []*incoming
	failed []failure
}

// busy says whether files wait to be committed or are just being.
func (q *settleQueue) busy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.taken || len(q.whole) > 0
}

type failure struct {
	in      *incoming
	outcome wire.Outcome
	reason  string // for the person here
	brief   string // for the sender: nothing of this machine's paths
}

func (q *settleQueue) kick() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *settleQueue) add(in *incoming) {
	q.mu.Lock()
	q.whole = append(q.whole, in)
	q.mu.Unlock()
	q.kick()
}

func (q *settleQueue) addFailed(f failure) {
	q.mu.Lock()
	q.failed = append(q.failed, f)
	q.mu.Unlock()
	q.kick()
}

// take returns a batch of files to commit and all that failed; more tells if
// there are more to commit.
func (q *settleQueue) take() (whole []*incoming, failed []failure, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.whole), commitFiles)
	whole, failed = q.whole[:n:n], q.failed
	q.whole, q.failed = q.whole[n:], nil
	q.taken = n > 0
	return whole, failed, len(q.whole) > 0
}

// commit gives finished files their names, tells the sender, and completes the
// transfer when there is nothing left.
func (r *receiver) commit(ctx context.Context) error {
	for {
		if err := gather(ctx, r.settles.wake, commitGather); err != nil {
			return err
		}
		for more := true; more; {
			var whole []*incoming
			var failed []failure
			whole, failed, more = r.settles.take()
			refused, err := r.commitBatch(ctx, whole)
			if err != nil {
				return err
			}
			if err := r.settle(ctx, whole, append(failed, refused...)); err != nil {
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
			refused = append(refused, failure{batch[i], wire.OutcomeSkipped, refusal.Why(), refusal.Brief()})
		default:
			return nil, diskError(ctx, err)
		}
	}
	return refused, nil
}

// settle tells both people and the sender what became of files.
func (r *receiver) settle(ctx context.Context, whole []*incoming, failed []failure) error {
	lost := make(map[*incoming]failure, len(failed))
	for _, f := range failed {
		lost[f.in] = f
	}
	var settled []wire.FileSettled
	for _, in := range whole {
		if _, ok := lost[in]; ok {
			continue
		}
		r.mu.Lock()
		r.result.Files++
		r.result.Bytes += in.bytes
		r.mu.Unlock()
		r.o.Progress.Files.Add(1)
		r.o.Observer.FileDone(in.file.Path(), in.bytes, in.end.Root)
		settled = append(settled, wire.FileSettled{File: in.number})
	}
	for in, f := range lost {
		_ = in.file.Close()
		r.mu.Lock()
		r.result.Failed++
		if f.outcome == wire.OutcomeIntegrity {
			r.result.Corrupt++
		}
		r.mu.Unlock()
		r.o.Observer.FileFailed(in.file.Path(), f.outcome, f.reason)
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
		}
		r.mu.Unlock()
		settled = settled[n:]
	}
	return nil
}
