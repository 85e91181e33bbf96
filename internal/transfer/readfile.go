package transfer

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// reading is one large file, or stream, whose blocks are read and hashed by
// several goroutines.
type reading struct {
	*sender
	number uint64
	item   files.Item
	have   haves
	file   files.SourceFile
	unhook func() bool

	mu   sync.Mutex
	jobs int // blocks under way, and one for whoever hands them out
	tree blockhash.Tree
	size int64 // of what a stream had
	err  error // the first one
}

// errUnwanted: the other side has given the file up.
var errUnwanted = errors.New("it is not wanted any more")

// large opens a file and has its blocks read. The error is the transfer's; one
// of the file alone becomes its End.
func (r *reader) large(ctx context.Context, number uint64, it files.Item) error {
	if err := r.begin(ctx, number, it); err != nil {
		return err
	}
	f, err := it.Open()
	if err != nil {
		r.ended(endFailed(number, err))
		return nil
	}
	in := &reading{sender: r.sender, number: number, item: it, have: r.haveOf(number), file: f, jobs: 1}
	in.unhook = context.AfterFunc(ctx, func() { _ = f.Close() }) // a read of a terminal or pipe may never end by itself
	defer in.done(ctx)
	if it.Kind == files.KindStream {
		return r.stream(ctx, in)
	}
	for off, index := int64(0), uint32(0); off < it.Size; off, index = off+wire.BlockSize, index+1 {
		n := int(min(wire.BlockSize, it.Size-off))
		buf, err := r.lend(ctx, n)
		if err != nil {
			return err
		}
		if !r.isWanted(number) {
			in.fail(errUnwanted)
		}
		if !in.another() {
			r.giveBack(buf)
			return nil
		}
		err = r.do(ctx, func(ctx context.Context) {
			defer in.done(ctx)
			in.readBlock(index, off, buf, n)
		})
		if err != nil {
			in.done(ctx)
			return err
		}
	}
	return nil
}

// stream reads a stream, in order, and has its blocks hashed.
func (r *reader) stream(ctx context.Context, in *reading) error {
	for index := uint32(0); ; index++ {
		buf, err := r.lend(ctx, wire.BlockSize)
		if err != nil {
			return err
		}
		if !r.isWanted(in.number) {
			in.fail(errUnwanted)
		}
		off := in.size
		n, err := in.file.ReadAt((*buf)[headroom:headroom+wire.BlockSize], off)
		if n < wire.BlockSize && err != io.EOF {
			in.fail(err)
		}
		if n == 0 || !in.another() {
			r.giveBack(buf)
			return nil
		}
		in.size += int64(n)
		err = r.do(ctx, func(ctx context.Context) {
			defer in.done(ctx)
			in.block(index, off, buf, n)
		})
		if err != nil {
			in.done(ctx)
			return err
		}
		if n < wire.BlockSize {
			return nil
		}
	}
}

// another counts one more block under way; false if the file has failed.
func (in *reading) another() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err != nil {
		return false
	}
	in.jobs++
	return true
}

// fail keeps the first error.
func (in *reading) fail(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err == nil {
		in.err = err
	}
}

// readBlock reads a block of a file of known size.
func (in *reading) readBlock(index uint32, off int64, buf *[]byte, n int) {
	got, err := in.file.ReadAt((*buf)[headroom:headroom+n], off)
	if got < n {
		if err == io.EOF {
			err = errShort
		}
		in.fail(err)
		in.giveBack(buf)
		return
	}
	in.block(index, off, buf, n)
}

// block hashes a block and queues it, or says that the other side has it.
func (in *reading) block(index uint32, off int64, buf *[]byte, n int) {
	data := (*buf)[headroom : headroom+n]
	b := blockhash.Sum(index, data)
	in.mu.Lock()
	in.tree.Set(index, b)
	in.mu.Unlock()
	if hash, ok := in.have[index]; ok && hash == b.Hash {
		in.giveBack(buf)
		in.same(in.number, index, n)
		return
	}
	in.queue.push(&unit{
		block:  wire.Segment{File: in.number, Offset: off, BlockLen: uint32(n), Hash: b.Hash, Payload: data},
		buf:    buf,
		blocks: []blockSize{{blockKey{in.number, index}, int64(n)}},
	})
}

// done is called after each block, and by whoever has handed them all out. The
// last of them ends the file.
func (in *reading) done(ctx context.Context) {
	in.mu.Lock()
	in.jobs--
	last := in.jobs == 0
	in.mu.Unlock()
	if !last {
		return
	}
	in.unhook()
	defer in.file.Close()
	if ctx.Err() != nil || errors.Is(in.err, errUnwanted) {
		return
	}
	if in.err != nil {
		in.ended(endFailed(in.number, in.err))
		return
	}
	size := in.item.Size
	if in.item.Kind == files.KindStream {
		size = in.size
	}
	in.ended(endRead(in.number, in.file, size, in.tree.Root()))
}
