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
	bytes     []byte
	datagrams []datagram
}

// datagram is what a batch says of one.
type datagram struct {
	size int
	ecn  byte // the ECN bits of its IP header
}

// append appends a datagram, which seal appends to the bytes.
func (b *batch) append(ecn byte, seal func([]byte) []byte) {
	before := len(b.bytes)
	b.bytes = seal(b.bytes)
	b.datagrams = append(b.datagrams, datagram{len(b.bytes) - before, ecn})
}

// emptied returns an empty batch with the memory of b.
func (b batch) emptied() batch { return batch{b.bytes[:0], b.datagrams[:0]} }

func newOutbox() *outbox {
	o := &outbox{}
	o.changed.L = &o.mu
	return o
}

// add adds a datagram of size bytes, which seal appends to the batch, with its ECN bits.
// It returns false if the outbox is closed.
func (o *outbox) add(size int, ecn byte, seal func([]byte) []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.closed && len(o.batch.bytes)+size > outboxBytes {
		o.changed.Wait()
	}
	if o.closed {
		return false
	}
	o.batch.append(ecn, seal)
	if len(o.batch.datagrams) == 1 {
		o.changed.Broadcast()
	}
	return true
}

// run calls send with batches until the outbox is closed.
func (o *outbox) run(send func(batch)) {
	var spare batch
	for {
		o.mu.Lock()
		for !o.closed && len(o.batch.datagrams) == 0 {
			o.changed.Wait()
		}
		if o.closed {
			o.mu.Unlock()
			return
		}
		full := o.batch
		o.batch = spare.emptied()
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
	for _, d := range b.datagrams {
		_, _ = conn.WriteToUDPAddrPort(rest[:d.size], to)
		rest = rest[d.size:]
	}
}
