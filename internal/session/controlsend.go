package session

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/tallow-transfer/tallow/internal/broadcast"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// maxUnacked bounds the bytes of control messages that are not acknowledged. With
// more Send blocks.
const maxUnacked = 1 << 20

// controlSender is the sending half of the control stream: the queue of messages
// that the peer has not acknowledged, in order.
type controlSender struct {
	changed *broadcast.Signal // told of acknowledgements

	mu    sync.Mutex
	queue [][]byte // queue[0] has the number base+1
	base  uint64   // the last message that is acknowledged
	sent  int      // so many of queue were written to a lane that was alive
	bytes int      // in queue
}

// append queues a message and returns its number.
func (c *controlSender) append(m []byte) (seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.appendLocked(m)
}

// tryAppend queues a message unless the queue is full.
func (c *controlSender) tryAppend(m []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes >= maxUnacked {
		return false
	}
	c.appendLocked(m)
	return true
}

func (c *controlSender) appendLocked(m []byte) (seq uint64) {
	c.queue = append(c.queue, bytes.Clone(m))
	c.bytes += len(m)
	return c.base + uint64(len(c.queue))
}

// next returns the next message to send, false if all were sent.
func (c *controlSender) next() (wire.Control, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent == len(c.queue) {
		return wire.Control{}, false
	}
	c.sent++
	return wire.Control{Seq: c.base + uint64(c.sent), Message: c.queue[c.sent-1]}, true
}

// rewind makes next start again with the first message that is not acknowledged.
// The peer ignores those that it has.
func (c *controlSender) rewind() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = 0
}

// unacknowledged returns all messages in the queue.
func (c *controlSender) unacknowledged() (all []wire.Control) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, m := range c.queue {
		all = append(all, wire.Control{Seq: c.base + 1 + uint64(i), Message: m})
	}
	return all
}

// acknowledged reports whether the peer has message seq.
func (c *controlSender) acknowledged(seq uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base >= seq
}

// acknowledge removes all messages up to ack.
func (c *controlSender) acknowledge(ack uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ack > c.base+uint64(len(c.queue)) {
		return fmt.Errorf("%w: an acknowledgement of a message that was never sent", wire.ErrMalformed)
	}
	if ack <= c.base {
		return nil
	}
	n := int(ack - c.base)
	for _, m := range c.queue[:n] {
		c.bytes -= len(m)
	}
	c.queue = append(c.queue[:0:0], c.queue[n:]...)
	c.base = ack
	c.sent = max(0, c.sent-n)
	c.changed.Broadcast()
	return nil
}
