package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// Memory is a Destination that keeps what it receives in memory: for tests, for
// small transfers, and as an example of how to write a Destination. It starts
// empty, so that it resumes nothing.
//
// Its methods may be called from any goroutine.
type Memory struct {
	limit int64

	mu      sync.Mutex
	used    int64 // bytes in files, committed or not
	entries map[string]Entry
	data    map[string][]byte // of the committed files
}

// maxMemoryEntries bounds the entries of a Memory, which take room even if they
// are empty.
const maxMemoryEntries = 100_000

// NewMemory returns a Memory that holds files of at most limit bytes in total,
// and at most 100,000 entries. More bytes end the transfer with a NoSpace error,
// more entries are refused.
func NewMemory(limit int64) *Memory {
	return &Memory{limit: limit, entries: make(map[string]Entry), data: make(map[string][]byte)}
}

// Entries returns what was received, sorted by path. Of a stream the Size is what
// has come.
func (m *Memory) Entries() []Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	var received []Entry
	for _, p := range slices.Sorted(maps.Keys(m.entries)) {
		e := m.entries[p]
		if data, ok := m.data[p]; ok {
			e.Size = int64(len(data))
			received = append(received, e)
		} else if e.Kind == KindDir || e.Kind == KindSymlink {
			received = append(received, e)
		}
	}
	return received
}

// ReadFile returns the content of a file that was received. The error is
// fs.ErrNotExist if there is none.
func (m *Memory) ReadFile(path string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.data[path]
	if !ok {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fs.ErrNotExist}
	}
	return bytes.Clone(data), nil
}

// Begin returns a NoSpace error if the offer is known to be too large.
func (m *Memory) Begin(ctx context.Context, _ []string, stored int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if stored > m.limit {
		return &memoryFull{limit: m.limit, missing: stored - m.limit}
	}
	return nil
}

// Prepare refuses paths that are not valid or that have come before.
func (m *Memory) Prepare(ctx context.Context, _ uint64, e Entry) (File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !fs.ValidPath(e.Path) || e.Path == "." {
		return nil, refused("the path is not allowed")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.entries[e.Path]; ok {
		return nil, refused("the path has come before")
	}
	if len(m.entries) >= maxMemoryEntries {
		return nil, refused("there are too many entries")
	}
	m.entries[e.Path] = e
	if e.Kind == KindDir || e.Kind == KindSymlink {
		return nil, nil
	}
	return &memoryFile{memory: m, entry: e}, nil
}

// Commit makes files visible to Entries and ReadFile.
func (m *Memory) Commit(_ context.Context, verified []File) []error {
	errs := make([]error, len(verified))
	for i, f := range verified {
		f, ok := f.(*memoryFile)
		if !ok || f.memory != m {
			errs[i] = errors.New("files: a File of another Destination")
			continue
		}
		f.commit()
	}
	return errs
}

// Finish does nothing: there is nothing left to be done.
func (m *Memory) Finish(ctx context.Context) error { return ctx.Err() }

// grow accounts for n more bytes, which may be negative.
func (m *Memory) grow(n int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > m.limit-m.used {
		return &memoryFull{limit: m.limit, missing: n - (m.limit - m.used)}
	}
	m.used += n
	return nil
}

// memoryFile is a file that a Memory receives.
type memoryFile struct {
	memory *Memory
	entry  Entry

	mu     sync.Mutex
	data   []byte
	closed bool // or committed
}

func (f *memoryFile) Path() string { return f.entry.Path }

func (f *memoryFile) Have(context.Context) (map[uint32]Block, error) { return nil, nil }

func (f *memoryFile) Verified(uint32, Hash) error { return nil }

func (f *memoryFile) WriteAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, fs.ErrClosed
	}
	if off < 0 {
		return 0, errors.New("files: a negative offset")
	}
	if end := off + int64(len(p)); end > int64(len(f.data)) {
		if err := f.resize(end); err != nil {
			return 0, err
		}
	}
	return copy(f.data[off:], p), nil
}

func (f *memoryFile) SetSize(size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fs.ErrClosed
	}
	return f.resize(size)
}

// resize cuts the data or appends zeros; f.mu is held. Memory is taken for what
// has come, not for what was announced.
func (f *memoryFile) resize(size int64) error {
	if err := f.memory.grow(size - int64(len(f.data))); err != nil {
		return err
	}
	if more := size - int64(len(f.data)); more > 0 {
		f.data = append(f.data, make([]byte, more)...)
	}
	f.data = f.data[:size]
	return nil
}

func (f *memoryFile) commit() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.memory.mu.Lock()
	defer f.memory.mu.Unlock()
	f.memory.data[f.entry.Path] = f.data
}

func (f *memoryFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	err := f.memory.grow(-int64(len(f.data)))
	f.data = nil
	return err
}

// refused is a Refusal for reasons that tell nothing of this machine.
type refused string

func (r refused) Error() string { return string(r) }
func (r refused) Brief() string { return string(r) }
func (r refused) Why() string   { return string(r) }

// memoryFull is the NoSpace of a Memory.
type memoryFull struct{ limit, missing int64 }

func (e *memoryFull) Error() string {
	return fmt.Sprintf("more than the %d bytes that are taken into memory", e.limit)
}

func (e *memoryFull) Missing() int64 { return e.missing }
