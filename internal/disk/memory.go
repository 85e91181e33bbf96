package disk

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Memory receives one short file, or stream, into memory: a text that is shown
// and not kept. It has the methods of Folder.
type Memory struct {
	limit int64

	mu   sync.Mutex
	file *memoryFile
	got  []byte // after Commit
}

// NewMemory receives at most limit bytes.
func NewMemory(limit int64) *Memory { return &Memory{limit: limit} }

// Bytes is what was received; nil before Commit.
func (m *Memory) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got
}

// Begin refuses what is more than one file or too long, as far as it is known.
func (m *Memory) Begin(ctx context.Context, names []string, bytes int64) error {
	if len(names) > 1 {
		return errOneText
	}
	if bytes > m.limit {
		return m.tooLong()
	}
	return ctx.Err()
}

var errOneText = errors.New("the sender said that it sends a text, but it sends more than that: receive into a folder with --output")

func (m *Memory) tooLong() error {
	return fmt.Errorf("the text is longer than %s: ask for it as a file", size(m.limit))
}

// Prepare takes the one file. The error for anything more ends the transfer.
func (m *Memory) Prepare(ctx context.Context, _ uint64, e wire.Entry) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case m.file != nil || (e.Kind != wire.KindFile && e.Kind != wire.KindStream):
		return nil, errOneText
	case e.Size > m.limit:
		return nil, m.tooLong()
	}
	m.file = &memoryFile{m: m, path: e.Path, size: -1}
	if e.Kind == wire.KindFile {
		m.file.size = e.Size
	}
	return m.file, nil
}

// Commit makes the bytes available.
func (m *Memory) Commit(ctx context.Context, files []File) []error {
	errs := make([]error, len(files))
	for i, file := range files {
		f, ok := file.(*memoryFile)
		switch {
		case ctx.Err() != nil:
			errs[i] = ctx.Err()
		case !ok || f.m != m:
			errs[i] = fmt.Errorf("%s is not a file of this destination", file.Path())
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

// Finish has nothing to do.
func (m *Memory) Finish(ctx context.Context) error { return ctx.Err() }

// Close has nothing to do.
func (m *Memory) Close() error { return nil }

// memoryFile is the File of a Memory, guarded by its mu.
type memoryFile struct {
	m    *Memory
	path string
	size int64 // -1 if it is not known
	data []byte
}

func (f *memoryFile) Path() string                                             { return f.path }
func (f *memoryFile) Have(context.Context) (map[uint32]blockhash.Block, error) { return nil, nil }
func (f *memoryFile) Verified(uint32, blockhash.Hash) error                    { return nil }
func (f *memoryFile) Close() error                                             { return nil }

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
