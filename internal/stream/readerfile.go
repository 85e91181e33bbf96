package stream

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// readerFile passes blocks from a goroutine that reads to the one that calls
// ReadAt. That way Close can end a ReadAt even if nothing can end the Read that it
// waits for: one of a terminal or an idle pipe.
//
//	free --> read: fills it from r --> full --> ReadAt --> free
type readerFile struct {
	name string
	r    io.Reader

	free   chan []byte   // buffers to fill
	full   chan []byte   // filled ones; closed at the end, after err is set
	closed chan struct{} // closed by Close
	ended  chan struct{} // closed when the goroutine has ended
	once   sync.Once
	err    error // that ended the reading; nil at the end of the stream

	mu      sync.Mutex
	reading bool // the goroutine is in r.Read

	// Of ReadAt.
	block []byte // goes back to free as a whole
	rest  []byte // of block, not yet returned
	next  int64
}

func newReaderFile(name string, r io.Reader) *readerFile {
	f := &readerFile{
		name: name, r: r,
		full: make(chan []byte), free: make(chan []byte, 2), closed: make(chan struct{}), ended: make(chan struct{}),
	}
	f.free <- make([]byte, files.BlockSize)
	f.free <- make([]byte, files.BlockSize)
	go f.read()
	return f
}

// read reads the stream to its end. After Close it ends at once, or when the Read
// that is under way returns. Close waits for it; see Reader.Close for the case in
// which it cannot.
func (f *readerFile) read() {
	defer close(f.ended)
	defer close(f.full)
	for {
		var b []byte
		select {
		case b = <-f.free:
		case <-f.closed:
			f.err = os.ErrClosed // not the end of the stream
			return
		}
		n, err := f.fill(b)
		if n > 0 {
			select {
			case f.full <- b[:n]:
			case <-f.closed:
				f.err = os.ErrClosed
				return
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case f.isClosed():
			f.err = os.ErrClosed
			return
		case err != nil:
			f.err = &ReadError{Name: f.name, Err: err}
			return
		}
	}
}

// fill is io.ReadFull, except that only io.EOF is the end: an io.ErrUnexpectedEOF
// of the reader itself, such as of a gzip stream that was cut off, is an error.
func (f *readerFile) fill(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		if !f.setReading(true) {
			return n, os.ErrClosed
		}
		var k int
		k, err = f.r.Read(b[n:])
		f.setReading(false)
		n += k
	}
	if n == len(b) {
		return n, nil
	}
	return n, err
}

// setReading says whether the goroutine is in r.Read. It is false if no Read may
// begin because the file is closed.
func (f *readerFile) setReading(reading bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if reading && f.isClosed() {
		return false
	}
	f.reading = reading
	return true
}

func (f *readerFile) isClosed() bool {
	select {
	case <-f.closed:
		return true
	default:
		return false
	}
}

// ReadAt reads on. off has to be where the last call ended.
func (f *readerFile) ReadAt(p []byte, off int64) (n int, err error) {
	if off != f.next {
		return 0, fmt.Errorf("%s is a stream: byte %d was asked for where %d follows", f.name, off, f.next)
	}
	for n < len(p) {
		if len(f.rest) == 0 {
			if err := f.advance(); err != nil {
				return n, err
			}
		}
		k := copy(p[n:], f.rest)
		f.rest = f.rest[k:]
		n += k
		f.next += int64(k)
	}
	return n, nil
}

// advance waits for the next block.
func (f *readerFile) advance() error {
	if f.block != nil {
		f.free <- f.block[:cap(f.block)]
		f.block = nil
	}
	select {
	case b, ok := <-f.full:
		switch {
		case ok:
			f.block, f.rest = b, b
			return nil
		case f.err != nil:
			return f.err
		}
		return io.EOF
	case <-f.closed:
		return os.ErrClosed
	}
}

// Changed returns nil: a stream is what was read of it.
func (f *readerFile) Changed() error { return nil }

// Close ends ReadAt and the goroutine that reads. It interrupts a Read that is
// under way, if that is possible, and waits for it. The reader is not closed.
func (f *readerFile) Close() error {
	f.once.Do(func() {
		close(f.closed)
		f.mu.Lock()
		reading := f.reading
		f.mu.Unlock()
		switch {
		case !reading:
			<-f.ended
		case interruptRead(f.r):
			awaitInterrupted(f.ended)
		}
	})
	return nil
}

// interruptRead makes a Read of r that is under way return. It is false if
// nothing can do that.
func interruptRead(r io.Reader) bool {
	d, ok := r.(interface{ SetReadDeadline(time.Time) error })
	if ok && d.SetReadDeadline(time.Unix(1, 0)) == nil {
		return true
	}
	file, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular() // its reads return by themselves
}
