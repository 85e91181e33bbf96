package stream

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// Reader is a files.Source of one reader, such as standard input. It is sent as
// one file whose size is known only at its end.
type Reader struct {
	name string
	r    io.Reader
	at   time.Time

	mu   sync.Mutex
	file *readerFile // once it is open
}

// NewReader returns a source of all that r gives, as one file of that name.
func NewReader(name string, r io.Reader) *Reader {
	return &Reader{name: name, r: r, at: time.Now()}
}

// Names returns the one name.
func (s *Reader) Names() []string { return []string{s.name} }

// Count returns one file of unknown size. It reads nothing.
func (s *Reader) Count(context.Context) (files.Totals, error) { return files.Totals{Files: 1}, nil }

// Walk yields the one entry. It can be opened once: what was read is gone.
func (s *Reader) Walk(ctx context.Context, yield func(files.Item) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return yield(files.Item{
		Entry: files.Entry{Kind: files.KindStream, Mode: 0o666, ModTime: s.at, Path: s.name},
		Open:  s.open,
	})
}

// open begins to read the stream, a little ahead of ReadAt.
func (s *Reader) open() (files.SourceFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		return nil, ErrReadBefore
	}
	s.file = newReaderFile(s.name, s.r)
	return s.file, nil
}

// Close closes the file if it is open, and then the reader if it is an io.Closer.
//
// Afterwards nothing reads from the reader any more, with one exception: a Read
// that is under way when Close is called goes on if nothing can interrupt it. That
// is so for standard input that is a terminal, or a pipe that was opened in
// blocking mode, as shells do: there such a Read ends with the next input, or with
// the process. Reads of readers with a working SetReadDeadline (network
// connections, files that Go polls), of regular files and of an io.PipeReader do
// end, and Close waits for them.
func (s *Reader) Close() error {
	s.mu.Lock()
	f := s.file
	s.mu.Unlock()
	if f != nil {
		_ = f.Close()
	}
	c, ok := s.r.(io.Closer)
	if !ok {
		return nil
	}
	err := c.Close()
	if _, ok := s.r.(*io.PipeReader); ok && f != nil {
		<-f.ended
	}
	return err
}
