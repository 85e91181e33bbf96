package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Stream is one reader, such as standard input, that is sent as one file whose
// size is known only at its end. It has the methods of Source.
type Stream struct {
	name string
	r    io.Reader
	at   time.Time

	mu     sync.Mutex
	opened bool
}

// NewStream sends all that r gives as one file of that name.
func NewStream(name string, r io.Reader) *Stream {
	return &Stream{name: name, r: r, at: time.Now()}
}

// Names is the one name.
func (s *Stream) Names() []string { return []string{s.name} }

// Count is one file of unknown size. Nothing is read.
func (s *Stream) Count(context.Context) (Totals, error) { return Totals{Files: 1}, nil }

// Walk yields the one entry.
func (s *Stream) Walk(ctx context.Context, yield func(Item) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return yield(Item{Entry: wire.Entry{Kind: wire.KindStream, Mode: 0o644, MTime: nanoseconds(s.at), Path: s.name}})
}

// Open begins to read the stream, a little ahead of ReadAt. It can be called
// once: what was read is gone.
func (s *Stream) Open(Item) (SourceFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened {
		return nil, fmt.Errorf("%s is a stream and was read already: run the command again", s.name)
	}
	s.opened = true
	f := &streamFile{
		name: s.name, r: s.r,
		full: make(chan []byte), free: make(chan []byte, 2), gone: make(chan struct{}),
	}
	f.free <- make([]byte, wire.BlockSize)
	f.free <- make([]byte, wire.BlockSize)
	go f.pump()
	return f, nil
}

// Close closes the reader if it can be closed.
func (s *Stream) Close() error {
	if c, ok := s.r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// streamFile hands blocks from the goroutine that reads to the one that calls
// ReadAt, so that Close can end a ReadAt even where nothing can end the read:
// standard input that is a terminal or an idle pipe.
type streamFile struct {
	name string
	r    io.Reader

	free chan []byte   // to pump: buffers to fill
	full chan []byte   // to ReadAt: filled ones; closed at the end, after err is set
	gone chan struct{} // closed by Close
	once sync.Once
	err  error // that ended the reading, nil at the stream's end

	// Of ReadAt.
	block []byte // the whole of it goes back to free
	rest  []byte // of block, not yet given
	next  int64
}

// pump ends when the stream does, or after Close as soon as r returns. Close
// does not wait for it: r may not return before the process ends.
func (f *streamFile) pump() {
	defer close(f.full)
	for {
		var b []byte
		select {
		case b = <-f.free:
		case <-f.gone:
			f.err = os.ErrClosed // not the stream's end
			return
		}
		n, err := fill(f.r, b)
		if n > 0 {
			select {
			case f.full <- b[:n]:
			case <-f.gone:
				f.err = os.ErrClosed
				return
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			f.err = &Problem{Path: f.name, Reason: "cannot be read: " + cause(err), Err: err}
			return
		}
	}
}

// fill is io.ReadFull, but a reader's own io.ErrUnexpectedEOF (a gzip stream
// that was cut off) stays an error and only io.EOF is the end.
func fill(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var k int
		k, err = r.Read(b[n:])
		n += k
	}
	if n == len(b) {
		return n, nil
	}
	return n, err
}

// ReadAt reads on; off has to be where the last call ended.
func (f *streamFile) ReadAt(p []byte, off int64) (n int, err error) {
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

func (f *streamFile) advance() error {
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
	case <-f.gone:
		return os.ErrClosed
	}
}

// Changed is always nil: a stream is what was read of it.
func (f *streamFile) Changed() error { return nil }

func (f *streamFile) Close() error {
	f.once.Do(func() { close(f.gone) })
	return nil
}
