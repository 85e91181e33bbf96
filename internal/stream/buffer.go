package stream

import (
	"context"
	"fmt"
	"sync"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// Buffer is a files.Destination of one short file or stream in memory: a text that
// is shown and not kept.
type Buffer struct {
	limit int64

	mu   sync.Mutex
	file *bufferFile
	got  []byte // after Commit
}

// NewBuffer returns a destination of at most limit bytes.
func NewBuffer(limit int64) *Buffer { return &Buffer{limit: limit} }

// Bytes returns what was received. It is nil before Commit.
func (m *Buffer) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got
}

// Begin returns an error if there is more than one file, or if the text is too
// long, as far as that is known.
func (m *Buffer) Begin(ctx context.Context, names []string, stored int64) error {
	if len(names) > 1 {
		return ErrOneFile
	}
	if stored > m.limit {
		return m.tooLong()
	}
	return ctx.Err()
}

func (m *Buffer) tooLong() error { return &TooLongError{Limit: m.limit} }

// Prepare takes the one file. The error for anything else ends the transfer.
func (m *Buffer) Prepare(ctx context.Context, _ uint64, e files.Entry) (files.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case m.file != nil || (e.Kind != files.KindFile && e.Kind != files.KindStream):
		return nil, ErrOneFile
	case e.Size > m.limit:
		return nil, m.tooLong()
	}
	m.file = &bufferFile{m: m, path: e.Path, size: -1}
	if e.Kind == files.KindFile {
		m.file.size = e.Size
	}
	return m.file, nil
}

// Commit makes the bytes available.
func (m *Buffer) Commit(ctx context.Context, verified []files.File) []error {
	errs := make([]error, len(verified))
	for i, file := range verified {
		f, ok := file.(*bufferFile)
		switch {
		case ctx.Err() != nil:
			errs[i] = ctx.Err()
		case !ok || f.m != m:
			errs[i] = errOtherFile(file)
		default:
			errs[i] = m.commit(f)
		}
	}
	return errs
}

func (m *Buffer) commit(f *bufferFile) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case f.size > int64(len(f.data)):
		return fmt.Errorf("only %d of the %d bytes of %s were written", len(f.data), f.size, f.path)
	case f.size >= 0:
		f.data = f.data[:f.size]
	}
	m.got = append([]byte{}, f.data...)
	return nil
}

// Finish does nothing.
func (m *Buffer) Finish(ctx context.Context) error { return ctx.Err() }

// Close does nothing.
func (m *Buffer) Close() error { return nil }

// bufferFile is the files.File of a Buffer, whose mu guards it.
type bufferFile struct {
	m    *Buffer
	path string
	size int64 // -1 if it is not known
	data []byte
}

func (f *bufferFile) Path() string                                         { return f.path }
func (f *bufferFile) Have(context.Context) (map[uint32]files.Block, error) { return nil, nil }
func (f *bufferFile) Verified(uint32, files.Hash) error                    { return nil }
func (f *bufferFile) Close() error                                         { return nil }

func (f *bufferFile) WriteAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if off < 0 || int64(len(p)) > f.m.limit || off > f.m.limit-int64(len(p)) {
		return 0, f.m.tooLong()
	}
	if grow := off + int64(len(p)) - int64(len(f.data)); grow > 0 {
		f.data = append(f.data, make([]byte, grow)...)
	}
	return copy(f.data[off:], p), nil
}

func (f *bufferFile) SetSize(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if size > f.m.limit {
		return f.m.tooLong()
	}
	f.size = size
	return nil
}
