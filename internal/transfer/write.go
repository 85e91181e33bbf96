package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// write verifies and writes the blocks that have arrived.
func (r *receiver) write(ctx context.Context) error {
	for {
		select {
		case t := <-r.tasks:
			for _, seg := range t.segments {
				if err := r.writeBlock(ctx, seg); err != nil {
					return err
				}
			}
			r.partial.bufs.put(t.buf)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (r *receiver) writeBlock(ctx context.Context, seg wire.Segment) error {
	in, err := r.lookup(seg.File)
	if in == nil || err != nil {
		return err
	}
	index := seg.Block()
	if !in.claim(index) {
		return nil // it came twice: its lane died after it had arrived
	}
	r.partial.forget(func(k blockKey) bool { return k == blockKey{seg.File, index} }) // what came twice in part
	b := blockhash.Sum(index, seg.Payload)
	if b.Hash != seg.Hash {
		r.fail(in, wire.OutcomeIntegrity, fmt.Sprintf("failed verification: block %d is not what was read", index))
		return nil
	}
	_, err = in.file.WriteAt(seg.Payload, seg.Offset)
	if err == nil {
		err = in.file.Verified(index, b.Hash)
	}
	var refusal files.Refusal
	switch {
	case errors.As(err, &refusal):
		r.refuse(in, refusal)
		return nil
	case err != nil && in.isSettled():
		return nil // the file was given up meanwhile, and closed
	case err != nil:
		return diskError(ctx, err)
	}
	r.o.Progress.Bytes.Add(int64(len(seg.Payload)))
	r.acks.add(seg.File, index)
	in.add(index, b, int64(len(seg.Payload)))
	r.settleIfWhole(in)
	return nil
}

func (in *incoming) isSettled() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.settled
}

// claim marks a block as taken care of; false if it was already.
func (in *incoming) claim(index uint32) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if _, ok := in.seen[index]; ok || in.settled {
		return false
	}
	in.seen[index] = struct{}{}
	return true
}

// has says whether a block is taken care of, or the whole file.
func (in *incoming) has(index uint32) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	_, ok := in.seen[index]
	return ok || in.settled
}

// add counts a block that is verified and on disk.
func (in *incoming) add(index uint32, b files.Block, bytes int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.tree.Set(index, b)
	in.count++
	in.bytes += bytes
}

// takeSame counts blocks that are on disk and, the sender says, are right.
func (r *receiver) takeSame(m []byte) error {
	same, err := wire.ParseSame(m)
	if err != nil {
		return err
	}
	for _, run := range same.Runs {
		in, err := r.lookup(run.File)
		if err != nil {
			return err
		}
		if in == nil {
			continue
		}
		for index := run.First; index < run.First+run.Count; index++ {
			b, ok := in.have[index]
			if !ok {
				return protocol("block %d of file %d is the same as one that is not here", index, run.File)
			}
			if in.claim(index) {
				n := min(in.entry.Size-int64(index)*wire.BlockSize, wire.BlockSize)
				r.o.Progress.Bytes.Add(n)
				in.add(index, b, n)
			}
		}
		r.settleIfWhole(in)
	}
	return nil
}

// takeEnd notes how the sender ended files.
func (r *receiver) takeEnd(m []byte) error {
	e, err := wire.ParseEnd(m)
	if err != nil {
		return err
	}
	for _, f := range e.Files {
		in, err := r.lookup(f.File)
		if err != nil {
			return err
		}
		if in == nil {
			continue
		}
		if f.Outcome != wire.OutcomeOK {
			r.fail(in, f.Outcome, fmt.Sprintf("%v on the sending side: %s", f.Outcome, f.Reason))
			continue
		}
		if in.entry.Kind == files.KindFile && f.Size != in.entry.Size {
			return protocol("file %d ends at %d bytes, %d were announced", f.File, f.Size, in.entry.Size)
		}
		in.mu.Lock()
		in.end = &f
		in.mu.Unlock()
		r.settleIfWhole(in)
	}
	return nil
}

// settleIfWhole hands a file to commit once its end is known and all its blocks
// are there.
func (r *receiver) settleIfWhole(in *incoming) {
	in.mu.Lock()
	whole := !in.settled && in.end != nil && in.count == wire.Blocks(in.end.Size)
	var root files.Hash
	if whole {
		root = in.tree.Root()
		in.settled = root == in.end.Root && in.bytes == in.end.Size
	}
	settled := in.settled
	in.mu.Unlock()
	switch {
	case !whole:
	case !settled:
		r.fail(in, wire.OutcomeIntegrity, "failed verification: the whole is not what was read")
	default:
		r.settles.add(in)
	}
}

// refuse settles a file that the destination does not want, as it turned out.
func (r *receiver) refuse(in *incoming, refusal files.Refusal) {
	r.settleFailed(failure{in, wire.OutcomeSkipped, refusal.Why(), refusal.Brief()})
}

// fail settles a file that does not make it. What is on disk of it stays as it
// was: a partial file without a name.
func (r *receiver) fail(in *incoming, outcome wire.Outcome, reason string) {
	r.settleFailed(failure{in, outcome, reason, reason})
}

func (r *receiver) settleFailed(f failure) {
	f.in.mu.Lock()
	again := f.in.settled
	f.in.settled = true
	f.in.mu.Unlock()
	if !again {
		r.partial.forget(func(k blockKey) bool { return k.file == f.in.number })
		r.settles.addFailed(f)
	}
}
