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

// reading is one large file or stream whose blocks are read and hashed by several
// workers.
type reading struct {
	*sender
	number uint64
	item   files.Item
	have   blockHashes
	file   files.SourceFile
	stop   func() bool // undoes that the file is closed when the transfer ends

	mu   sync.Mutex
	jobs int // blocks that are being read, and one for the goroutine that distributes them
	tree blockhash.Tree
	size int64 // of a stream, so far
	err  error // the first one
}

// errUnwanted is the error of reading a file that the peer has given up.
var errUnwanted = errors.New("it is not wanted any more")

// large opens a file and distributes its blocks to the workers. An error of the
// file alone is told in its End; the error that is returned ends the transfer.
func (r *reader) large(ctx context.Context, number uint64, it files.Item) error {
	if err := r.begin(ctx, number, it); err != nil {
		return err
	}
	f, err := it.Open()
	if err != nil {
		r.endFiles(endFailed(number, err))
		return nil
	}
	in := &reading{sender: r.sender, number: number, item: it, have: r.peerHas(number), file: f, jobs: 1}
	in.stop = context.AfterFunc(ctx, func() { _ = f.Close() }) // reading a terminal or pipe could block forever
	defer in.done(ctx)
	if it.Kind == files.KindStream {
		return r.stream(ctx, in)
	}
	for off, index := int64(0), uint32(0); off < it.Size; off, index = off+wire.BlockSize, index+1 {
		n := int(min(wire.BlockSize, it.Size-off))
		buf, err := r.getBuffer(ctx, n)
		if err != nil {
			return err
		}
		if !r.isWanted(number) {
			in.fail(errUnwanted)
		}
		if !in.addJob() {
			r.returnBuffer(buf)
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

// stream reads a stream in order and distributes its blocks to the workers, which
// hash them.
func (r *reader) stream(ctx context.Context, in *reading) error {
	for index := uint32(0); ; index++ {
		buf, err := r.getBuffer(ctx, wire.BlockSize)
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
		if n == 0 || !in.addJob() {
			r.returnBuffer(buf)
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

// addJob counts one more block. It returns false if the file has failed.
func (in *reading) addJob() bool {
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
		in.returnBuffer(buf)
		return
	}
	in.block(index, off, buf, n)
}

// block hashes a block, and queues it unless the peer has it.
func (in *reading) block(index uint32, off int64, buf *[]byte, n int) {
	data := (*buf)[headroom : headroom+n]
	b := blockhash.Sum(index, data)
	in.mu.Lock()
	in.tree.Set(index, b)
	in.mu.Unlock()
	if hash, ok := in.have[index]; ok && hash == b.Hash {
		in.returnBuffer(buf)
		in.same(in.number, index, n)
		return
	}
	in.queue.push(&unit{
		block:  wire.Segment{File: in.number, Offset: off, BlockLen: uint32(n), Hash: b.Hash, Payload: data},
		buf:    buf,
		blocks: []blockSize{{blockKey{in.number, index}, int64(n)}},
	})
}

// done is called once for each block, and once when all blocks are distributed. The
// last call ends the file.
func (in *reading) done(ctx context.Context) {
	in.mu.Lock()
	in.jobs--
	last := in.jobs == 0
	in.mu.Unlock()
	if !last {
		return
	}
	in.stop()
	defer in.file.Close()
	if ctx.Err() != nil || errors.Is(in.err, errUnwanted) {
		return
	}
	if in.err != nil {
		in.endFiles(endFailed(in.number, in.err))
		return
	}
	size := in.item.Size
	if in.item.Kind == files.KindStream {
		size = in.size
	} else if err := checkEnd(in.file, size); err != nil {
		in.endFiles(endFailed(in.number, err))
		return
	}
	in.endFiles(endRead(in.number, in.file, size, in.tree.Root()))
}
