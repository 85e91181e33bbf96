package archive

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// commitBytes is how much may wait to be committed besides the last file: files are
// committed together, because syncing a small one alone takes longer than writing it.
const commitBytes = 32 << 20

// incoming is an entry that is being read.
type incoming struct {
	number uint64
	entry  files.Entry
	file   files.File // nil if nothing is to be written
	have   map[uint32]files.Block
	tree   blockhash.Tree
	size   int64
	hash   files.Hash

	skipped bool // its last block was not read
	trusted bool // some blocks of have were not read
	again   bool // those are read now, and the others are not
}

// close gives up the file, if there is one.
func (in *incoming) close() {
	if in.file != nil {
		_ = in.file.Close()
		in.file = nil
	}
}

// prepare prepares an entry.
func (a *reader) prepare(ctx context.Context, number uint64, e files.Entry) (*incoming, error) {
	in := &incoming{number: number, entry: e}
	f, err := a.dest.Prepare(ctx, number, e)
	var refusal files.Refusal
	switch {
	case errors.As(err, &refusal):
		a.refuse(in, refusal)
		return in, nil
	case err != nil:
		return in, &DestinationError{err}
	case f == nil:
		return in, nil
	}
	in.file = f
	if in.have, err = f.Have(ctx); err != nil {
		in.close()
		return in, &DestinationError{err}
	}
	return in, nil
}

// refuse gives up an entry that the destination does not take.
func (a *reader) refuse(in *incoming, refusal files.Refusal) {
	path := in.entry.Path
	if in.file != nil {
		path = in.file.Path()
	}
	in.close()
	if errors.Is(refusal, files.ErrKept) {
		a.result.Kept++
		a.o.Observer.Kept(path, refusal.Why())
		return
	}
	a.result.Failed++
	a.o.Observer.Failed(path, refusal.Why())
}

// fail gives up a file that is not what it should be.
func (a *reader) fail(in *incoming, reason string) {
	if in.file == nil {
		return // it failed before
	}
	path := in.file.Path()
	in.close()
	a.result.Failed++
	a.o.Observer.Failed(path, reason)
}

// file reads the content of a file and its trailer. If that does not fit with blocks
// that the destination has, they are of another version, and are read as well.
func (a *reader) file(ctx context.Context, in *incoming) error {
	start, err := a.position()
	if err != nil {
		return err
	}
	if in.file != nil && in.entry.Kind == files.KindFile {
		if err := a.admit(in.entry.Size); err != nil {
			return err
		}
	}
	outcome, err := a.content(ctx, in)
	if err != nil {
		return err
	}
	if outcome == wire.OutcomeOK && in.file != nil && in.trusted && in.tree.Root() != in.hash {
		if _, err := a.seeker.Seek(start, io.SeekStart); err != nil {
			return err
		}
		in.again, in.size = true, 0
		if outcome, err = a.content(ctx, in); err != nil {
			return err
		}
	}
	switch {
	case outcome != wire.OutcomeOK:
		a.fail(in, "on the sending side: "+outcome.String())
	case in.file != nil && in.tree.Root() != in.hash:
		a.result.Corrupt++
		a.fail(in, "failed verification: the whole is not what was read")
	}
	if in.file == nil {
		return nil
	}
	a.complete = append(a.complete, in)
	if a.waiting += in.size; a.waiting >= commitBytes {
		return a.commit(ctx)
	}
	return nil
}

// position returns where the reader is, if it can go back there.
func (a *reader) position() (int64, error) {
	if a.seeker == nil {
		return 0, nil
	}
	return a.seeker.Seek(0, io.SeekCurrent)
}

// admit counts n bytes of a file. The error is ErrTooLarge if they are too many.
func (a *reader) admit(n int64) error {
	if a.o.MaxBytes > 0 && n > a.o.MaxBytes-a.admitted {
		return ErrTooLarge
	}
	a.admitted += n
	return nil
}

// content reads the content of a file and its trailer, of which it returns the outcome.
func (a *reader) content(ctx context.Context, in *incoming) (wire.Outcome, error) {
	var err error
	if in.entry.Kind == files.KindStream {
		err = a.stream(ctx, in)
	} else {
		err = a.blocks(ctx, in)
	}
	if err != nil {
		return 0, err
	}
	var trailer [trailerSize]byte
	if err := a.full(trailer[:]); err != nil {
		return 0, err
	}
	outcome := wire.Outcome(trailer[0])
	in.hash = files.Hash(trailer[1:])
	if outcome > wire.OutcomeUnreadable || outcome != wire.OutcomeOK && in.hash != (files.Hash{}) {
		return 0, malformed("file %d ends with %v", in.number, outcome)
	}
	return outcome, nil
}

// blocks reads a file of a known size.
func (a *reader) blocks(ctx context.Context, in *incoming) error {
	for rest := in.entry.Size; rest > 0; {
		block := a.block[:min(files.BlockSize, rest)]
		if err := a.blockOf(ctx, in, block); err != nil {
			return err
		}
		rest -= int64(len(block))
	}
	return nil
}

// stream reads the pieces of a stream. All but the last are whole blocks.
func (a *reader) stream(ctx context.Context, in *incoming) error {
	for short := false; ; {
		var length [4]byte
		if err := a.full(length[:]); err != nil {
			return err
		}
		n := binary.BigEndian.Uint32(length[:])
		switch {
		case n == 0:
			return nil
		case n > maxPiece || short || in.size >= wire.MaxFileSize-maxPiece:
			return malformed("a piece of %d bytes behind %d", n, in.size)
		}
		short = n < maxPiece
		if err := a.blockOf(ctx, in, a.block[:n]); err != nil {
			return err
		}
	}
}

// blockOf reads the next block of a file and writes it, unless it is there.
func (a *reader) blockOf(ctx context.Context, in *incoming, block []byte) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	off, n := in.size, int64(len(block))
	index := uint32(off / files.BlockSize)
	in.size += n
	if in.file != nil && in.entry.Kind == files.KindStream && !in.again {
		if err := a.admit(n); err != nil {
			return err
		}
	}
	if in.skipped = a.skips(in, index); in.skipped {
		return a.skip(in, index, n)
	}
	if err := a.full(block); err != nil {
		return err
	}
	if in.again {
		a.skipped(-n)
	} else {
		a.o.Observer.Advanced(n)
	}
	if in.file == nil {
		return nil
	}
	b := blockhash.Sum(index, block)
	in.tree.Set(index, b)
	if have, ok := in.have[index]; ok && have.Hash == b.Hash {
		return nil
	}
	_, err := in.file.WriteAt(block, off)
	if err == nil && !a.o.Forget {
		err = in.file.Verified(index, b.Hash)
	}
	var refusal files.Refusal
	switch {
	case errors.As(err, &refusal):
		a.refuse(in, refusal)
	case err != nil:
		return &DestinationError{err}
	}
	return nil
}

// skips reports whether a block is not read.
func (a *reader) skips(in *incoming, index uint32) bool {
	if a.seeker == nil {
		return false
	}
	_, have := in.have[index]
	return in.file == nil || have != in.again
}

// skip skips a block.
func (a *reader) skip(in *incoming, index uint32, n int64) error {
	switch at, err := a.seeker.Seek(n, io.SeekCurrent); {
	case err != nil:
		return err
	case at > a.end:
		return malformed("the archive ends too early")
	case in.again:
		return nil
	}
	if b, ok := in.have[index]; ok {
		in.tree.Set(index, b)
		in.trusted = true
	}
	a.o.Observer.Advanced(n)
	a.skipped(n)
	return nil
}

// skipped tells of bytes that were skipped.
func (a *reader) skipped(n int64) {
	if a.o.Skipped != nil {
		a.o.Skipped(n)
	}
}

// commit puts the files that are whole in place.
func (a *reader) commit(ctx context.Context) error {
	batch := a.complete
	a.complete, a.waiting = nil, 0
	if len(batch) == 0 {
		return nil
	}
	verified := make([]files.File, len(batch))
	var failed error
	for i, in := range batch {
		if in.entry.Kind == files.KindStream && failed == nil {
			failed = in.file.SetSize(in.size)
		}
		verified[i] = in.file
	}
	errs := make([]error, len(batch))
	if failed == nil {
		errs = a.dest.Commit(ctx, verified)
	}
	for i, in := range batch {
		var refusal files.Refusal
		switch {
		case failed != nil:
		case errs[i] == nil:
			a.placed(in)
		case errors.As(errs[i], &refusal):
			a.refuse(in, refusal)
		default:
			failed = errs[i]
		}
		in.close()
	}
	if failed != nil {
		return &DestinationError{failed}
	}
	return nil
}

// placed counts and tells a file that is in place.
func (a *reader) placed(in *incoming) {
	p := Placed{Path: in.file.Path(), Name: in.entry.Path, Bytes: in.size, Hash: in.hash}
	if r, ok := in.file.(files.Renamed); ok {
		p.Taken = r.Taken()
	}
	a.result.Files++
	a.result.Bytes += in.size
	a.set.Add(p.Name, p.Hash)
	a.o.Observer.Done(p)
}
