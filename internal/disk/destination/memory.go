package destination

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// Memory is a files.Destination of one short file or stream in memory: a text that
// is shown and not kept.
type Memory struct {
	limit int64

	mu   sync.Mutex
	file *memoryFile
	got  []byte // after Commit
}

// NewMemory returns a destination of at most limit bytes.
func NewMemory(limit int64) *Memory { return &Memory{limit: limit} }

// Bytes returns what was received. It is nil before Commit.
func (m *Memory) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got
}

// Begin returns an error if there is more than one file, or if the text is too
// long, as far as that is known.
func (m *Memory) Begin(ctx context.Context, names []string, stored int64) error {
	if len(names) > 1 {
		return errOneText
	}
	if stored > m.limit {
		return m.tooLong()
	}
	return ctx.Err()
}

var errOneText = errors.New("the sender said that it sends a text, but it sends more than that: receive into a folder with --output")

func (m *Memory) tooLong() error {
	return fmt.Errorf("the text is longer than %s: ask for it as a file", size(m.limit))
}

// Prepare takes the one file. The error for anything else ends the transfer.
func (m *Memory) Prepare(ctx context.Context, _ uint64, e files.Entry) (files.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case m.file != nil || (e.Kind != files.KindFile && e.Kind != files.KindStream):
		return nil, errOneText
	case e.Size > m.limit:
		return nil, m.tooLong()
	}
	m.file = &memoryFile{m: m, path: e.Path, size: -1}
	if e.Kind == files.KindFile {
		m.file.size = e.Size
	}
	return m.file, nil
}

// Commit makes the bytes available.
func (m *Memory) Commit(ctx context.Context, verified []files.File) []error {
	errs := make([]error, len(verified))
	for i, file := range verified {
		f, ok := file.(*memoryFile)
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

func (m *Memory) commit(f *memoryFile) error {
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
func (m *Memory) Finish(ctx context.Context) error { return ctx.Err() }

// Close does nothing.
func (m *Memory) Close() error { return nil }

// memoryFile is the files.File of a Memory, whose mu guards it.
type memoryFile struct {
	m    *Memory
	path string
	size int64 // -1 if it is not known
	data []byte
}

func (f *memoryFile) Path() string                                         { return f.path }
func (f *memoryFile) Have(context.Context) (map[uint32]files.Block, error) { return nil, nil }
func (f *memoryFile) Verified(uint32, files.Hash) error                    { return nil }
func (f *memoryFile) Close() error                                         { return nil }

func (f *memoryFile) WriteAt(p []byte, off int64) (int, error) {
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

func (f *memoryFile) SetSize(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if size > f.m.limit {
		return f.m.tooLong()
	}
	f.size = size
	return nil
}
