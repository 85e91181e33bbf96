package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// write verifies and writes blocks as they arrive.
func (r *receiver) write(ctx context.Context) error {
	for {
		select {
		case t := <-r.tasks:
			for _, seg := range t.segments {
				err := r.writeBlock(ctx, seg)
				r.partial.arrived.Add(-int64(len(seg.Payload)))
				if err != nil {
					return err
				}
			}
			n := int64(cap(*t.buf))
			r.partial.bufs.put(t.buf)
			r.unwritten.release(n)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// writeBlock verifies and writes one block.
func (r *receiver) writeBlock(ctx context.Context, seg wire.Segment) error {
	in, err := r.lookup(seg.File)
	if in == nil || err != nil {
		return err
	}
	index := seg.Block()
	if !in.claim(index) {
		return nil // it came before, on a lane that died
	}
	r.partial.drop(func(k blockKey) bool { return k == blockKey{seg.File, index} })
	b := blockhash.Sum(index, seg.Payload)
	if b.Hash != seg.Hash {
		r.fail(in, wire.OutcomeIntegrity, fmt.Sprintf("failed verification: block %d is not what was read", index))
		return nil
	}
	if in.entry.Kind == files.KindStream {
		if err := r.admit(int64(len(seg.Payload))); err != nil {
			return err
		}
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
		return nil // the file was given up and closed meanwhile
	case err != nil:
		return diskError(ctx, err)
	}
	r.arrived(in, int64(len(seg.Payload)))
	r.acks.add(seg.File, index)
	in.add(index, b, int64(len(seg.Payload)))
	r.settleIfComplete(in)
	return nil
}

// arrived counts n more bytes of a file that are here.
func (r *receiver) arrived(in *incoming, n int64) {
	r.o.Progress.Bytes.Add(n)
	if in.isSettled() {
		return // given up meanwhile
	}
	r.o.Progress.underway.advance(in.number, in.entry.Kind, in.entry.Path, in.entry.Size, n)
}

// isSettled says whether the file is settled.
func (in *incoming) isSettled() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.settled
}

// claim reserves a block for the caller to write. It returns false if the block was
// claimed before or the file is settled.
func (in *incoming) claim(index uint32) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if _, ok := in.claimed[index]; ok || in.settled {
		return false
	}
	in.claimed[index] = struct{}{}
	return true
}

// has says whether a block is claimed or the file is settled.
func (in *incoming) has(index uint32) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	_, ok := in.claimed[index]
	return ok || in.settled
}

// add counts a block that is verified and written.
func (in *incoming) add(index uint32, b files.Block, bytes int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.tree.Set(index, b)
	in.count++
	in.bytes += bytes
}

// handleSame counts blocks that were there already and that the sender confirms.
func (r *receiver) handleSame(m []byte) error {
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
				r.arrived(in, n)
				r.o.Progress.There.Add(n)
				in.add(index, b, n)
			}
		}
		r.settleIfComplete(in)
	}
	return nil
}

// handleEnd notes how reading files ended at the sender.
func (r *receiver) handleEnd(m []byte) error {
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
			r.fail(in, f.Outcome, "on the sending side: "+failureText(f))
			continue
		}
		if in.entry.Kind == files.KindFile && f.Size != in.entry.Size {
			return protocol("file %d ends at %d bytes, %d were announced", f.File, f.Size, in.entry.Size)
		}
		in.mu.Lock()
		in.end = &f
		in.mu.Unlock()
		r.settleIfComplete(in)
	}
	return nil
}

// settleIfComplete passes a file to commit once its end is known and all its blocks
// are there.
func (r *receiver) settleIfComplete(in *incoming) {
	in.mu.Lock()
	complete := !in.settled && in.end != nil && in.count == wire.Blocks(in.end.Size)
	var root files.Hash
	if complete {
		root = in.tree.Root()
		in.settled = root == in.end.Root && in.bytes == in.end.Size
	}
	settled := in.settled
	in.mu.Unlock()
	switch {
	case !complete:
	case !settled:
		r.fail(in, wire.OutcomeIntegrity, "failed verification: the whole is not what was read")
	default:
		r.settles.add(in)
	}
}

// refuse settles a file that the destination has refused after Prepare.
func (r *receiver) refuse(in *incoming, refusal files.Refusal) {
	r.settleFailed(failure{in, outcomeOf(refusal), refusal.Why(), refusal.Brief()})
}

// fail settles a file that failed. What was written of it never gets its final name.
func (r *receiver) fail(in *incoming, outcome wire.Outcome, reason string) {
	r.settleFailed(failure{in, outcome, reason, reason})
}

// settleFailed settles a file unless it is settled already.
func (r *receiver) settleFailed(f failure) {
	f.in.mu.Lock()
	again := f.in.settled
	f.in.settled = true
	f.in.mu.Unlock()
	if !again {
		r.partial.drop(func(k blockKey) bool { return k.file == f.in.number })
		r.settles.addFailed(f)
	}
}
