package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Writer receives one file, or one stream, onto a writer such as standard
// output. It has the methods of Folder. What is written is verified and in
// order; blocks that come early wait in memory, at most maxAhead of them.
type Writer struct {
	w io.Writer

	mu   sync.Mutex
	file *writerFile
}

// maxAhead is twice the blocks that a sender has on their way at most.
const maxAhead = 64

var errOneFile = errors.New("only a single file can go to standard output: give --output a folder for this")

// NewWriter receives onto w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Begin refuses what is more than one file, as far as names tells it.
func (w *Writer) Begin(ctx context.Context, names []string, _ int64) error {
	if len(names) > 1 {
		return errOneFile
	}
	return ctx.Err()
}

// Prepare takes the one file. The error for anything more ends the transfer.
func (w *Writer) Prepare(ctx context.Context, _ uint64, e wire.Entry) (File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file != nil || (e.Kind != wire.KindFile && e.Kind != wire.KindStream) {
		return nil, errOneFile
	}
	w.file = newWriterFile(w.w, e)
	return w.file, nil
}

// Commit waits until all is written.
func (w *Writer) Commit(ctx context.Context, files []File) []error {
	errs := make([]error, len(files))
	for i, file := range files {
		if f, ok := file.(*writerFile); ok && f == w.file {
			errs[i] = f.commit(ctx)
		} else {
			errs[i] = fmt.Errorf("%s is not a file of this destination", file.Path())
		}
	}
	return errs
}

// Finish has nothing left to do: Commit waited.
func (w *Writer) Finish(ctx context.Context) error { return ctx.Err() }

// Close ends the use of the writer, which is not closed.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

// writerFile writes from a goroutine of its own, so that Close can end a
// Verified even where nothing can end the write: a pipe that nobody reads.
type writerFile struct {
	entry wire.Entry
	out   chan []byte   // to drain: verified, in order; closed by commit
	gone  chan struct{} // closed by Close
	once  sync.Once
	ended chan struct{} // closed by drain, after err is set
	err   error

	mu     sync.Mutex
	blocks map[uint32]*aheadBlock
	next   uint32 // the first block that is not on its way
	passed int64  // bytes of those before it
	size   int64  // of all, -1 if it is not known
	done   bool   // commit was called
}

type aheadBlock struct {
	data     []byte
	verified bool
}

func newWriterFile(w io.Writer, e wire.Entry) *writerFile {
	f := &writerFile{
		entry: e, size: -1, blocks: make(map[uint32]*aheadBlock),
		out: make(chan []byte), gone: make(chan struct{}), ended: make(chan struct{}),
	}
	if e.Kind == wire.KindFile {
		f.size = e.Size
	}
	go f.drain(w)
	return f
}

// drain ends after commit or an error of w, or after Close as soon as w
// returns. Close does not wait for it: w may not return before the process ends.
func (f *writerFile) drain(w io.Writer) {
	defer close(f.ended)
	for {
		select {
		case b, ok := <-f.out:
			if !ok {
				return
			}
			if _, err := w.Write(b); err != nil {
				f.err = fmt.Errorf("standard output cannot be written: %w: run the command again", asCause(err))
				return
			}
		case <-f.gone:
			f.err = os.ErrClosed
			return
		}
	}
}

func (f *writerFile) Path() string { return f.entry.Path }

// Have is nothing: what went out before cannot be seen.
func (f *writerFile) Have(context.Context) (map[uint32]blockhash.Block, error) { return nil, nil }

func (f *writerFile) WriteAt(p []byte, off int64) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n < len(p) {
		at := off + int64(n)
		index, start := uint32(at/wire.BlockSize), int(at%wire.BlockSize)
		piece := p[n:min(len(p), n+wire.BlockSize-start)]
		if err := f.put(index, start, piece); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return n, nil
}

func (f *writerFile) put(index uint32, start int, p []byte) error {
	if index < f.next {
		return nil // sent twice; it was verified and is on its way
	}
	if index-f.next >= maxAhead {
		return fmt.Errorf("block %d of %s came before block %d: the sender is too far ahead", index, f.entry.Path, f.next)
	}
	b := f.blocks[index]
	if b == nil {
		b = &aheadBlock{}
		f.blocks[index] = b
	}
	if b.verified {
		return nil
	}
	if end := start + len(p); end > len(b.data) {
		if end > cap(b.data) {
			b.data = append(make([]byte, 0, wire.BlockSize), b.data...)
		}
		b.data = b.data[:end]
	}
	copy(b.data[start:], p)
	return nil
}

// Verified lets the block go out, after all before it.
func (f *writerFile) Verified(index uint32, _ blockhash.Hash) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.blocks[index]; b != nil {
		b.verified = true
	}
	for b := f.blocks[f.next]; b != nil && b.verified; b = f.blocks[f.next] {
		select {
		case f.out <- b.data:
		case <-f.ended:
			return f.err
		case <-f.gone:
			return os.ErrClosed
		}
		delete(f.blocks, f.next)
		f.passed += int64(len(b.data))
		f.next++
	}
	return nil
}

func (f *writerFile) SetSize(size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.size = size
	return nil
}

func (f *writerFile) commit(ctx context.Context) error {
	f.mu.Lock()
	passed, size, waiting, done := f.passed, f.size, len(f.blocks), f.done
	f.done = true
	f.mu.Unlock()
	switch {
	case done:
		return fmt.Errorf("%s was committed already", f.entry.Path)
	case size >= 0 && passed != size || waiting > 0:
		return fmt.Errorf("only the first %d bytes of %s were verified", passed, f.entry.Path)
	}
	close(f.out)
	select {
	case <-f.ended:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *writerFile) Close() error {
	f.once.Do(func() { close(f.gone) })
	return nil
}
