package session

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	// maxEarly bounds the bytes of control messages that wait for one that is
	// still on another lane.
	maxEarly = 2 << 20
	// earlyOverhead is what a waiting message costs besides its bytes.
	earlyOverhead = 64
)

// controlReceiver is the receiving half of the control stream: it puts the
// messages of all lanes in order, and drops repeated ones.
type controlReceiver struct {
	mu         sync.Mutex
	delivered  uint64            // the last message that next has returned
	early      map[uint64][]byte // messages after it, by number
	earlyBytes int
	unacked    int // messages delivered since the last acknowledgement
}

// accept takes message seq. It is not fresh if it was delivered already, and then
// has to be acknowledged again.
func (c *controlReceiver) accept(seq uint64, m []byte) (fresh bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seq <= c.delivered {
		c.unacked++
		return false, nil
	}
	if _, repeated := c.early[seq]; repeated {
		return true, nil
	}
	if c.earlyBytes += len(m) + earlyOverhead; c.earlyBytes > maxEarly {
		return false, fmt.Errorf("%w: too many control messages out of order", wire.ErrMalformed)
	}
	c.early[seq] = bytes.Clone(m)
	return true, nil
}

// next returns the next message in order, false if it has not arrived.
func (c *controlReceiver) next() ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.early[c.delivered+1]
	if !ok {
		return nil, false
	}
	delete(c.early, c.delivered+1)
	c.earlyBytes -= len(m) + earlyOverhead
	c.delivered++
	c.unacked++
	return m, true
}

// last returns the number of the last message that was delivered.
func (c *controlReceiver) last() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.delivered
}

// unacknowledged returns how many messages were delivered since takeAck.
func (c *controlReceiver) unacknowledged() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unacked
}

// takeAck returns the acknowledgement to send, which covers all messages so far.
func (c *controlReceiver) takeAck() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unacked = 0
	return c.delivered
}
