package mailbox

import (
	"bytes"
	"context"
	"sync"
	"time"
)

// Memory is a Store in the memory of one process.
type Memory struct {
	mu       sync.Mutex
	messages map[Key]held
}

// held is a message and when it expires.
type held struct {
	message []byte
	until   time.Time
}

// NewMemory makes an empty store.
func NewMemory() *Memory { return &Memory{messages: make(map[Key]held)} }

// Put implements Store.
func (m *Memory) Put(ctx context.Context, key Key, message []byte, life time.Duration, most int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if h, ok := m.messages[key]; ok && h.until.After(now) {
		if !bytes.Equal(h.message, message) {
			return ErrTaken
		}
		return nil
	}
	if len(m.messages) >= most {
		m.sweep(now)
	}
	if len(m.messages) >= most {
		return ErrFull
	}
	m.messages[key] = held{bytes.Clone(message), now.Add(life)}
	return nil
}

// Find implements Store.
func (m *Memory) Find(ctx context.Context, keys []Key, most int) ([]Found, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	var found []Found
	for i, key := range keys {
		if len(found) == most {
			break
		}
		if h, ok := m.messages[key]; ok && h.until.After(now) {
			found = append(found, Found{i, h.message})
		}
	}
	return found, nil
}

// Delete implements Store.
func (m *Memory) Delete(ctx context.Context, keys []Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.messages, key)
	}
	return nil
}

// Sweep implements Store.
func (m *Memory) Sweep(ctx context.Context) (left int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(time.Now())
	return len(m.messages), nil
}

// sweep removes what has expired. The store is locked.
func (m *Memory) sweep(now time.Time) {
	for key, h := range m.messages {
		if !h.until.After(now) {
			delete(m.messages, key)
		}
	}
}
