package roomstore

import (
	"context"
	"sync"
	"time"
)

// Memory is a store in the memory of one process.
type Memory struct {
	mu      sync.Mutex
	records map[Key]*remembered
	beats   map[string]beat
	swept   time.Time
}

type remembered struct {
	Record
	until time.Time
}

type beat struct {
	address string
	until   time.Time
}

// sweepInterval is how often Memory removes what has expired.
const sweepInterval = time.Minute

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{records: make(map[Key]*remembered), beats: make(map[string]beat)}
}

// Beat implements Store.
func (m *Memory) Beat(_ context.Context, node, address string, life time.Duration) (alive bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	alive = m.address(node) != ""
	m.beats[node] = beat{address, time.Now().Add(life)}
	return alive, nil
}

// Leave implements Store.
func (m *Memory) Leave(_ context.Context, node string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.beats, node)
	return nil
}

// Open implements Store.
func (m *Memory) Open(_ context.Context, r Record, life time.Duration, again bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.find(r.Key); old != nil && (old.Over == 0 || !again) {
		return ErrTaken
	}
	m.put(r, life)
	return nil
}

// Find implements Store.
func (m *Memory) Find(_ context.Context, key Key) (Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.find(key)
	if r == nil {
		return Record{}, false, nil
	}
	return m.view(r), true, nil
}

// Claim implements Store.
func (m *Memory) Claim(_ context.Context, key Key, node string, life time.Duration) (Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.find(key)
	switch {
	case r == nil && life == 0:
		return Record{}, false, nil
	case r == nil:
		r = m.put(Record{Key: key, Home: node}, life)
	case r.Over == 0 && m.address(r.Home) == "":
		r.Home = node
	}
	return m.view(r), true, nil
}

// Keep implements Store.
func (m *Memory) Keep(_ context.Context, r Record, life time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.find(r.Key); old != nil {
		if old.Home != r.Home || old.Over != 0 {
			return ErrMoved
		}
		r.Burnt = r.Burnt || old.Burnt
	}
	m.put(r, life)
	return nil
}

// Release implements Store.
func (m *Memory) Release(_ context.Context, key Key, node string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.find(key); r != nil && r.Home == node {
		r.Home = ""
	}
	return nil
}

// End implements Store.
func (m *Memory) End(_ context.Context, key Key, node string, over uint8, life time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.find(key)
	switch {
	case r == nil || r.Home != node:
	case life == 0:
		delete(m.records, key)
	case r.Over == 0:
		r.Over, r.until = over, time.Now().Add(life)
	}
	return nil
}

// Close implements Store.
func (m *Memory) Close() error { return nil }

// find returns the record of a key, or nil. The store is locked.
func (m *Memory) find(key Key) *remembered {
	if r := m.records[key]; r != nil && r.until.After(time.Now()) {
		return r
	}
	return nil
}

// put writes a record. The store is locked.
func (m *Memory) put(r Record, life time.Duration) *remembered {
	now := time.Now()
	if now.Sub(m.swept) > sweepInterval {
		m.sweep(now)
	}
	held := &remembered{r, now.Add(life)}
	m.records[r.Key] = held
	return held
}

// sweep removes what has expired. The store is locked.
func (m *Memory) sweep(now time.Time) {
	m.swept = now
	for key, r := range m.records {
		if !r.until.After(now) {
			delete(m.records, key)
		}
	}
	for node, b := range m.beats {
		if !b.until.After(now) {
			delete(m.beats, node)
		}
	}
}

// view returns a record as a caller sees it. The store is locked.
func (m *Memory) view(r *remembered) Record {
	v := r.Record
	v.Address, v.Left = m.address(r.Home), time.Until(r.until)
	return v
}

// address returns where a node is reached, or "" if it does not beat. The store
// is locked.
func (m *Memory) address(node string) string {
	if b := m.beats[node]; b.until.After(time.Now()) {
		return b.address
	}
	return ""
}
