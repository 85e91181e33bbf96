package transfer

import (
	"context"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
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
	whole  []*incoming
	failed []failure
}

type failure struct {
	in      *incoming
	outcome wire.Outcome
	reason  string
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

func (q *settleQueue) addFailed(in *incoming, outcome wire.Outcome, reason string) {
	q.mu.Lock()
	q.failed = append(q.failed, failure{in, outcome, reason})
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
			failed = append(failed, r.commitBatch(ctx, whole)...)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := r.settle(ctx, whole, failed); err != nil {
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

// commitBatch commits files and returns those that could not be.
func (r *receiver) commitBatch(ctx context.Context, batch []*incoming) []failure {
	if len(batch) == 0 {
		return nil
	}
	files := make([]File, 0, len(batch))
	var failed []failure
	for _, in := range batch {
		if in.entry.Kind == wire.KindStream {
			if err := in.file.SetSize(in.end.Size); err != nil {
				return append(failed, failure{in, wire.OutcomeIO, err.Error()})
			}
		}
		files = append(files, in.file)
	}
	for i, err := range r.dest.Commit(ctx, files) {
		if err != nil {
			failed = append(failed, failure{batch[i], wire.OutcomeIO, err.Error()})
		}
	}
	return failed
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
		r.o.Observer.FileFailed(in.file.Path(), f.outcome, f.outcome.String()+": "+f.reason)
		settled = append(settled, wire.FileSettled{File: in.number, Outcome: f.outcome, Reason: f.brief()})
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

// brief is what the sender is told: nothing of this machine's paths.
func (f failure) brief() string {
	if f.outcome == wire.OutcomeIO {
		return ""
	}
	return f.reason
}
