package trunk

import (
	"net"
	"net/netip"
	"sync"
)

// outboxBytes bounds the bytes that wait to be sent. As many may be being sent.
const outboxBytes = 256 << 10

// outbox collects the datagrams of all flows, so that one goroutine can send many
// with one system call. A datagram that finds the outbox empty is sent at once.
type outbox struct {
	mu      sync.Mutex
	changed sync.Cond
	closed  bool
	batch   batch
}

// batch is several datagrams, one after the other.
type batch struct {
	bytes []byte
	sizes []int
}

func newOutbox() *outbox {
	o := &outbox{}
	o.changed.L = &o.mu
	return o
}

// add adds a datagram of size bytes, which seal appends to the batch. It returns
// false if the outbox is closed.
func (o *outbox) add(size int, seal func([]byte) []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.closed && len(o.batch.bytes)+size > outboxBytes {
		o.changed.Wait()
	}
	if o.closed {
		return false
	}
	o.batch.bytes = seal(o.batch.bytes)
	o.batch.sizes = append(o.batch.sizes, size)
	if len(o.batch.sizes) == 1 {
		o.changed.Broadcast()
	}
	return true
}

// run calls send with batches until the outbox is closed.
func (o *outbox) run(send func(batch)) {
	var spare batch
	for {
		o.mu.Lock()
		for !o.closed && len(o.batch.sizes) == 0 {
			o.changed.Wait()
		}
		if o.closed {
			o.mu.Unlock()
			return
		}
		full := o.batch
		o.batch = batch{spare.bytes[:0], spare.sizes[:0]}
		o.changed.Broadcast()
		o.mu.Unlock()
		send(full)
		spare = full
	}
}

func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.changed.Broadcast()
}

// sendEach sends the datagrams one by one. Those that the system refuses are lost.
func (b batch) sendEach(conn *net.UDPConn, to netip.AddrPort) {
	rest := b.bytes
	for _, n := range b.sizes {
		_, _ = conn.WriteToUDPAddrPort(rest[:n], to)
		rest = rest[n:]
	}
}
