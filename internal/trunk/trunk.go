package trunk

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// maxFlows bounds the flows that exist at the same time.
const maxFlows = 16

var errTooLarge = errors.New("a datagram that is too large")

// Trunk is one path and the flows over it.
//
//	New -> Listen for each socket that ICE wants -> Start with the keys
//	    -> Open or Accept ... -> Close
type Trunk struct {
	buffers *buffers
	out     *outbox
	path    atomic.Pointer[path]
	started atomic.Bool
	found   chan struct{} // closed when there is a path
	finding sync.Once
	done    chan struct{}
	running sync.WaitGroup

	// Set by Start, before started.
	seal, open cipher.AEAD

	mu       sync.Mutex
	closed   bool
	flows    map[uint32]*Flow
	used     map[uint32]bool // the numbers of all flows that ever existed
	accepted chan *Flow
}

// path is the pair of addresses that the connection uses.
type path struct {
	from    sender
	to      netip.AddrPort // of the peer, or of the TURN server
	channel uint16         // of the TURN server, 0 without one
}

// sender is what a path sends from: a Socket, or a Stream to a TURN server.
type sender interface {
	send(b batch, to netip.AddrPort, channel uint16)
	prepare()
	unfragmented() bool // datagrams are sent without fragmentation
	LocalAddr() net.Addr
}

// New returns a trunk without sockets.
func New() *Trunk {
	return &Trunk{
		buffers: newBuffers(), out: newOutbox(),
		found:    make(chan struct{}),
		done:     make(chan struct{}),
		flows:    make(map[uint32]*Flow),
		used:     make(map[uint32]bool),
		accepted: make(chan *Flow, maxFlows),
	}
}

// Start sets the keys, of KeySize bytes, with which this side and the peer seal.
// Datagrams of flows that came before it are lost.
func (t *Trunk) Start(own, peers []byte) error {
	var err error
	if t.seal, err = newAEAD(own); err != nil {
		return err
	}
	if t.open, err = newAEAD(peers); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return net.ErrClosed
	}
	if t.started.Swap(true) {
		return errors.New("the trunk has its keys already")
	}
	t.running.Go(func() { t.out.run(t.send) })
	return nil
}

// send sends a batch over the present path.
func (t *Trunk) send(b batch) {
	if p := t.path.Load(); p != nil {
		p.from.send(b, p.to, p.channel)
	}
}

// Open makes a flow. Its number must not have been used before by either side.
func (t *Trunk) Open(id uint32) (*Flow, error) {
	if !t.started.Load() {
		return nil, errors.New("the peer accepts no flows")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.admit(id); err != nil {
		return nil, err
	}
	return t.flows[id], nil
}

// admit makes a flow; t.mu is held.
func (t *Trunk) admit(id uint32) error {
	switch {
	case t.closed:
		return net.ErrClosed
	case t.used[id]:
		return fmt.Errorf("flow %#x has been used already", id)
	case len(t.flows) >= maxFlows:
		return fmt.Errorf("more than %d flows", maxFlows)
	}
	t.used[id] = true
	t.flows[id] = newFlow(t, id)
	return nil
}

// Accept waits for the next flow that the peer opens.
func (t *Trunk) Accept(ctx context.Context) (*Flow, error) {
	select {
	case f := <-t.accepted:
		return f, nil
	case <-t.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// handle handles a datagram, which came with these ECN bits, if it is one of the trunk,
// whether it is authentic or not. It returns false for a datagram of the connection.
func (t *Trunk) handle(packet []byte, ecn byte) bool {
	id, ok := flowOf(packet)
	if !ok || !t.started.Load() {
		return ok
	}
	t.mu.Lock()
	f := t.flows[id]
	if f == nil {
		f = t.admitNew(id, packet)
	}
	t.mu.Unlock()
	if f != nil {
		f.deliver(packet, ecn)
	}
	return true
}

// admitNew makes the flow of the first datagram of a flow, if it is authentic; t.mu is
// held.
func (t *Trunk) admitNew(id uint32, packet []byte) *Flow {
	if t.used[id] || len(t.accepted) == cap(t.accepted) {
		return nil
	}
	buf := t.buffers.get(len(packet))
	defer t.buffers.put(buf)
	if _, _, err := openPacket((*buf)[:0], t.open, packet); err != nil || t.admit(id) != nil {
		return nil
	}
	f := t.flows[id]
	t.accepted <- f
	return f
}

// remove removes a closed flow.
func (t *Trunk) remove(f *Flow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.flows, f.id)
}

// follow notes that the connection sends from a socket to an address, in a channel
// if that is a TURN server's.
func (t *Trunk) follow(s sender, to netip.AddrPort, channel uint16) {
	if p := t.path.Load(); p == nil || p.from != s || p.to != to || p.channel != channel {
		t.path.Store(&path{from: s, to: to, channel: channel})
		s.prepare()
		t.finding.Do(func() { close(t.found) })
	}
}

// Found is closed when there is a path, which is before the connection is up.
func (t *Trunk) Found() <-chan struct{} { return t.found }

// Close closes all flows and waits until nothing is sent any more. It does not
// close the sockets, which belong to ICE.
func (t *Trunk) Close() error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.done)
	}
	flows := t.flows
	t.flows = make(map[uint32]*Flow)
	t.mu.Unlock()
	for _, f := range flows {
		_ = f.Close()
	}
	t.out.close()
	t.running.Wait()
	return nil
}
