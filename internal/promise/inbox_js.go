package promise

import (
	"sync"
	"syscall/js"
)

// Inbox is a queue of messages that JavaScript delivers by a callback, which must
// not block.
type Inbox struct {
	arrived chan struct{}

	mu       sync.Mutex
	messages []js.Value
}

// NewInbox returns an empty Inbox.
func NewInbox() *Inbox { return &Inbox{arrived: make(chan struct{}, 1)} }

// Put appends a message.
func (b *Inbox) Put(m js.Value) {
	b.mu.Lock()
	b.messages = append(b.messages, m)
	b.mu.Unlock()
	select {
	case b.arrived <- struct{}{}:
	default:
	}
}

// Take takes the oldest message; false if there is none.
func (b *Inbox) Take() (js.Value, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) == 0 {
		return js.Value{}, false
	}
	m := b.messages[0]
	b.messages[0] = js.Value{}
	b.messages = b.messages[1:]
	return m, true
}

// Arrived delivers a value after messages were put. Then Take takes them, until
// there is none.
func (b *Inbox) Arrived() <-chan struct{} { return b.arrived }
