package transfer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Files are committed in batches, because syncing a small file alone takes longer
// than writing it. A batch is what has become complete within commitGather, or while
// the batch before was synced: the slower the disk, the fewer syncs. commitFiles is as
// many as an honest sender has under way.
const (
	commitGather = 20 * time.Millisecond
	commitFiles  = windowFiles
)

// placeFiles is how many files of a batch get their names at a time. The sender is then
// told, so that it can go on.
const placeFiles = 512

// secured is a batch of files that are durable, or in place already if the destination
// commits in one step, and the files that failed.
type secured struct {
	complete []*incoming
	failed   []failure
}

// commit makes complete files durable and passes them on to place.
func (r *receiver) commit(ctx context.Context) error {
	for {
		if err := gather(ctx, r.settles.wake, commitGather); err != nil {
			return err
		}
		for more := true; more; {
			var batch secured
			batch.complete, batch.failed, more = r.settles.take()
			refused, err := r.secure(ctx, batch.complete)
			if err != nil {
				return err
			}
			batch.failed = append(batch.failed, refused...)
			select {
			case r.secured <- batch:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
}

// place gives secured files their names, tells the sender, and finishes the transfer
// when no file is left.
func (r *receiver) place(ctx context.Context) error {
	for {
		var batch secured
		select {
		case batch = <-r.secured:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := r.placeBatch(ctx, batch); err != nil {
			return err
		}
		r.settles.settled(len(batch.complete))
		r.mu.Lock()
		last := r.lastPage && len(r.files) == 0
		r.mu.Unlock()
		if last {
			return r.complete(ctx)
		}
	}
}

// placeBatch places and settles the files of a batch, some at a time. A file that is in
// both lists has failed.
func (r *receiver) placeBatch(ctx context.Context, batch secured) error {
	failed := make(map[*incoming]bool, len(batch.failed))
	for _, f := range batch.failed {
		failed[f.in] = true
	}
	good := slices.DeleteFunc(batch.complete, func(in *incoming) bool { return failed[in] })
	refused := batch.failed
	for first := true; first || len(good) > 0; first = false {
		some := good[:min(len(good), placeFiles)]
		good = good[len(some):]
		if stager, ok := r.dest.(files.Stager); ok {
			more, err := r.refusals(ctx, some, stager.Place)
			if err != nil {
				return err
			}
			refused = append(refused, more...)
		}
		if err := r.settle(ctx, some, refused); err != nil {
			return err
		}
		refused = nil
	}
	return nil
}

// secure makes files durable and returns those that the destination refused. Any other
// error ends the transfer.
func (r *receiver) secure(ctx context.Context, batch []*incoming) (refused []failure, err error) {
	if len(batch) == 0 {
		return nil, nil
	}
	for _, in := range batch {
		if in.entry.Kind == files.KindStream {
			if err := in.file.SetSize(in.end.Size); err != nil {
				return nil, diskError(ctx, err)
			}
		}
	}
	if stager, ok := r.dest.(files.Stager); ok {
		return r.refusals(ctx, batch, stager.Secure)
	}
	return r.refusals(ctx, batch, r.dest.Commit)
}

// refusals calls a method of the destination with files and returns those that it refused.
// Any other error ends the transfer.
func (r *receiver) refusals(ctx context.Context, batch []*incoming, call func(context.Context, []files.File) []error) (refused []failure, err error) {
	if len(batch) == 0 {
		return nil, nil
	}
	all := make([]files.File, len(batch))
	for i, in := range batch {
		all[i] = in.file
	}
	for i, err := range call(ctx, all) {
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
		r.result.place(&r.placed, in.entry.Path, in.bytes, in.end.Root)
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
