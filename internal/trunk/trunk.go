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

// maxFlows bounds the flows at the same time.
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
	probing sync.Mutex
	echoes  chan int // sizes of probes that have arrived there
	begun   atomic.Bool
	done    chan struct{}
	running sync.WaitGroup

	// Set by Start, before begun.
	seal, open cipher.AEAD

	mu       sync.Mutex
	closed   bool
	flows    map[uint32]*Flow
	used     map[uint32]bool // the numbers of all flows that ever were
	accepted chan *Flow
	probed   uint64 // datagrams of the flow of probes; guarded by the outbox
	replays  replays
}

// path is where the connection sends, and with what.
type path struct {
	from *Socket
	to   netip.AddrPort
	mtu  int // 0 until it was probed; guarded by Trunk.probing
}

// New makes a trunk without sockets.
func New() *Trunk {
	return &Trunk{
		buffers: newBuffers(), out: newOutbox(),
		echoes:   make(chan int, 2*len(probeSizes)),
		done:     make(chan struct{}),
		flows:    make(map[uint32]*Flow),
		used:     map[uint32]bool{probes: true},
		accepted: make(chan *Flow, maxFlows),
	}
}

// Start gives the trunk the keys with which this side and the other one seal.
// What came before is lost.
func (t *Trunk) Start(own, others []byte) error {
	var err error
	if t.seal, err = newAEAD(own); err != nil {
		return err
	}
	if t.open, err = newAEAD(others); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return net.ErrClosed
	}
	if t.begun.Swap(true) {
		return errors.New("the trunk has its keys already")
	}
	t.running.Go(func() { t.out.run(t.send) })
	return nil
}

// send sends a batch to where the path leads now.
func (t *Trunk) send(b batch) {
	if p := t.path.Load(); p != nil {
		p.from.send(b, p.to)
	}
}

// Open makes the flow with a number that neither side has used, from 1 on.
func (t *Trunk) Open(id uint32) (*Flow, error) {
	if !t.begun.Load() {
		return nil, errors.New("the other side takes no further flows")
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
		return fmt.Errorf("flow %#x was there already", id)
	case len(t.flows) >= maxFlows:
		return fmt.Errorf("more than %d flows", maxFlows)
	}
	t.used[id] = true
	t.flows[id] = newFlow(t, id)
	return nil
}

// Accept returns the next flow that the other side has opened.
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

// take takes in a datagram if it is one of the trunk, authentic or not.
func (t *Trunk) take(packet []byte) bool {
	id, ok := flowOf(packet)
	if !ok || !t.begun.Load() {
		return ok
	}
	if id == probes {
		t.takeProbe(packet)
		return true
	}
	t.mu.Lock()
	f := t.flows[id]
	if f == nil {
		f = t.knock(id, packet)
	}
	t.mu.Unlock()
	if f != nil {
		f.deliver(packet)
	}
	return true
}

// knock makes a flow of an authentic datagram with a new number; t.mu is held.
func (t *Trunk) knock(id uint32, packet []byte) *Flow {
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

func (t *Trunk) forget(f *Flow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.flows, f.id)
}

// follow notes where the connection sends.
func (t *Trunk) follow(s *Socket, to netip.AddrPort) {
	if p := t.path.Load(); p == nil || p.from != s || p.to != to {
		t.path.Store(&path{from: s, to: to})
		s.prepare()
	}
}

// Close ends all flows and waits for what sends. The sockets are closed by who
// asked for them.
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
