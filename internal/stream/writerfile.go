package stream

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// maxAhead is twice the number of blocks that a sender has on their way at most.
const maxAhead = 64

// writerFile is the files.File of a Writer. A goroutine writes, so that Close can
// end a Verified even if nothing can end the Write that it waits for: one to a
// pipe that nobody reads.
type writerFile struct {
	w      io.Writer
	entry  files.Entry
	out    chan []byte   // to the goroutine: verified blocks, in order; closed by commit
	closed chan struct{} // closed by Close
	ended  chan struct{} // closed when the goroutine has ended, after err is set
	once   sync.Once
	err    error

	writingMu sync.Mutex
	writing   bool // the goroutine is in w.Write

	mu        sync.Mutex
	blocks    map[uint32]*earlyBlock
	next      uint32 // the first block that was not passed to the goroutine
	passed    int64  // bytes of those before it
	size      int64  // of all, -1 if it is not known
	committed bool   // commit was called
}

// earlyBlock is a block that cannot be written yet.
type earlyBlock struct {
	data     []byte
	verified bool
}

func newWriterFile(w io.Writer, e files.Entry) *writerFile {
	f := &writerFile{
		w: w, entry: e, size: -1, blocks: make(map[uint32]*earlyBlock),
		out: make(chan []byte), closed: make(chan struct{}), ended: make(chan struct{}),
	}
	if e.Kind == files.KindFile {
		f.size = e.Size
	}
	go f.write()
	return f
}

// write writes what Verified passes on. It ends after commit, or an error of the
// writer, or Close, which waits for it; see Writer.Close for the case in which it
// cannot.
func (f *writerFile) write() {
	defer close(f.ended)
	for {
		select {
		case b, ok := <-f.out:
			if !ok {
				return
			}
			if f.err = f.writeBlock(b); f.err != nil {
				return
			}
		case <-f.closed:
			f.err = os.ErrClosed
			return
		}
	}
}

func (f *writerFile) writeBlock(b []byte) error {
	if !f.setWriting(true) {
		return os.ErrClosed
	}
	_, err := f.w.Write(b)
	f.setWriting(false)
	switch {
	case err == nil:
		return nil
	case f.isClosed():
		return os.ErrClosed
	}
	return &WriteError{Err: err}
}

// setWriting says whether the goroutine is in w.Write. It is false if no Write may
// begin because the file is closed.
func (f *writerFile) setWriting(writing bool) bool {
	f.writingMu.Lock()
	defer f.writingMu.Unlock()
	if writing && f.isClosed() {
		return false
	}
	f.writing = writing
	return true
}

func (f *writerFile) isClosed() bool {
	select {
	case <-f.closed:
		return true
	default:
		return false
	}
}

func (f *writerFile) Path() string { return f.entry.Path }

// Have returns nothing: what was written before cannot be read.
func (f *writerFile) Have(context.Context) (map[uint32]files.Block, error) { return nil, nil }

func (f *writerFile) WriteAt(p []byte, off int64) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n < len(p) {
		at := off + int64(n)
		index, start := uint32(at/files.BlockSize), int(at%files.BlockSize)
		piece := p[n:min(len(p), n+files.BlockSize-start)]
		if err := f.put(index, start, piece); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return n, nil
}

func (f *writerFile) put(index uint32, start int, p []byte) error {
	if index < f.next {
		return nil // sent twice; it was verified and passed on
	}
	if index-f.next >= maxAhead {
		return fmt.Errorf("block %d of %s came before block %d: the sender is too far ahead", index, f.entry.Path, f.next)
	}
	b := f.blocks[index]
	if b == nil {
		b = &earlyBlock{}
		f.blocks[index] = b
	}
	if b.verified {
		return nil
	}
	if end := start + len(p); end > len(b.data) {
		if end > cap(b.data) {
			b.data = append(make([]byte, 0, files.BlockSize), b.data...)
		}
		b.data = b.data[:end]
	}
	copy(b.data[start:], p)
	return nil
}

// Verified passes the block on, after all blocks before it.
func (f *writerFile) Verified(index uint32, _ files.Hash) error {
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
		case <-f.closed:
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

// commit waits until all blocks are written.
func (f *writerFile) commit(ctx context.Context) error {
	f.mu.Lock()
	passed, size, waiting, committed := f.passed, f.size, len(f.blocks), f.committed
	f.committed = true
	f.mu.Unlock()
	switch {
	case committed:
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

// Close ends Verified and the goroutine that writes. It interrupts a Write that is
// under way, if that is possible, and waits for it.
func (f *writerFile) Close() error {
	f.once.Do(func() {
		close(f.closed)
		f.writingMu.Lock()
		writing := f.writing
		f.writingMu.Unlock()
		if !writing {
			<-f.ended
			return
		}
		if restore, ok := interruptWrite(f.w); ok {
			awaitInterrupted(f.ended)
			restore()
		}
	})
	return nil
}

// interruptWrite makes a Write to w that is under way return. It is false if
// nothing can do that. restore makes w usable again.
func interruptWrite(w io.Writer) (restore func(), ok bool) {
	d, ok := w.(interface{ SetWriteDeadline(time.Time) error })
	if ok && d.SetWriteDeadline(time.Unix(1, 0)) == nil {
		return func() { _ = d.SetWriteDeadline(time.Time{}) }, true
	}
	file, ok := w.(*os.File)
	if !ok {
		return nil, false
	}
	info, err := file.Stat()
	return func() {}, err == nil && info.Mode().IsRegular() // its writes return by themselves
}
