package bundle

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
)

// memory is a Storage whose bundles survive a process that dies: what was written
// stays, flushed or not.
type memory struct {
	lock    sync.Mutex
	waits   chan struct{} // somebody waits for the lock
	between func()        // if set, it runs between the two steps of Open
	mu      sync.Mutex
	bundles map[string][2]*memoryBlob
	free    int64
}

func newMemory() *memory {
	return &memory{bundles: make(map[string][2]*memoryBlob), free: -1, waits: make(chan struct{}, 1)}
}

func (m *memory) Lock(context.Context) (unlock func(), err error) {
	if !m.lock.TryLock() {
		m.waits <- struct{}{}
		m.lock.Lock()
	}
	return m.lock.Unlock, nil
}

func (m *memory) List(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.bundles)), nil
}

func (m *memory) Open(_ context.Context, name string) (data, journal Blob, err error) {
	b := m.make(name)
	if m.between != nil {
		m.between()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b[0].open {
		return nil, nil, errors.New("open already")
	}
	b[0].open, b[1].open = true, true
	return b[0], b[1], nil
}

// make makes a bundle that nobody has open, if it is not there.
func (m *memory) make(name string) [2]*memoryBlob {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.bundles[name]
	if !ok {
		b = [2]*memoryBlob{{}, {}}
		m.bundles[name] = b
	}
	return b
}

func (m *memory) Remove(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.bundles, name)
	return nil
}

func (m *memory) Free(context.Context) (int64, error) { return m.free, nil }

// crash ends the process that has bundles open: what it has written is there, and
// what it does from now on is not.
func (m *memory) crash() {
	for name, b := range m.bundles {
		m.bundles[name] = [2]*memoryBlob{{data: b[0].bytes()}, {data: b[1].bytes()}}
	}
}

type memoryBlob struct {
	mu     sync.Mutex
	open   bool
	data   []byte
	broken error // of the next Flush
}

// bytes returns a copy of what is there.
func (b *memoryBlob) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.data)
}

func (b *memoryBlob) failFlush(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = err
}

func (b *memoryBlob) ReadAt(p []byte, off int64) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if off >= int64(len(b.data)) {
		return 0, io.EOF
	}
	n := copy(p, b.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (b *memoryBlob) WriteAt(p []byte, off int64) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if more := off + int64(len(p)) - int64(len(b.data)); more > 0 {
		b.data = append(b.data, make([]byte, more)...)
	}
	return copy(b.data[off:], p), nil
}

func (b *memoryBlob) Size() (int64, error) { return int64(len(b.data)), nil }

func (b *memoryBlob) Truncate(n int64) error {
	b.data = b.data[:n]
	return nil
}

func (b *memoryBlob) Flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.broken
	b.broken = nil
	return err
}

func (b *memoryBlob) Close() error {
	b.open = false
	return nil
}
