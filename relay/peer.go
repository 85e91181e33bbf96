package relay

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// queueLength bounds what waits for one peer. With the message that its writer
// holds, or has to finish, and the one that the other peer's reader holds, that makes
// four messages a peer.
const queueLength = 2

// peer is what a room knows of one of its two peers: a queue of messages, and
// whether it is still there. The rest belongs to its socket (socket.go).
type peer struct {
	queue chan *message // to the peer; drained until gone or out is closed
	gone  chan struct{} // closed when its socket has ended
	out   chan struct{} // closed by dismiss: the relay disconnects the peer

	pending  atomic.Int32        // messages that are queued or begun, and not yet sent
	writeNow func(*message) bool // sends a message past the queue, if it can now (direct.go); nil for never
	sent     chan struct{}       // tells deliver that the writer has sent something

	// Set by table.join before anyone else sees the peer.
	role     role
	id       [16]byte        // that it gave itself, in a resume room
	room     *room           // nil until it has joined one
	other    *peer           // the peer in the other slot at that time, or nil; for announce
	previous <-chan struct{} // leftSent of the peer that had the slot before, or nil

	announced atomic.Bool // the other peer has been told of this one
	spoke     atomic.Bool // it has forwarded a message since both peers are there

	goodbye atomic.Bool // it has closed its WebSocket in order, or withdrawn

	// Guarded by the table's lock.
	leaving bool
	notify  *peer // once leaving: the peer to send left to, or nil

	leftSent chan struct{} // closed by leave once notify has been told

	dismissal sync.Once
	reason    wire.RoomErrorCode // 0: no error; read it once out is closed
	retry     time.Duration      // when to try again, 0 if that is not known; likewise
	// limitReads sets a deadline for the socket's reader to see the connection end.
	limitReads func(time.Duration)
}

func newPeer(limitReads func(time.Duration)) *peer {
	return &peer{
		queue:      make(chan *message, queueLength),
		gone:       make(chan struct{}),
		out:        make(chan struct{}),
		sent:       make(chan struct{}, 1),
		leftSent:   make(chan struct{}),
		limitReads: limitReads,
	}
}

// put queues a message for p and blocks while the queue is full: this is how the
// backpressure of one peer reaches the other. It gives up when p ends or abandon
// is closed, and then returns false.
func (p *peer) put(m *message, abandon <-chan struct{}) bool {
	p.pending.Add(1)
	select {
	case p.queue <- m:
		return true
	case <-p.gone:
	case <-p.out:
	case <-abandon:
	}
	p.pending.Add(-1)
	p.hasSent()
	m.release()
	return false
}

// deliver sends p a message of the other peer, past the queue if that can be, and
// blocks and gives up as put does.
func (p *peer) deliver(m *message, abandon <-chan struct{}) {
	if p.writeNow == nil {
		p.put(m, abandon)
		return
	}
	for !p.writeNow(m) {
		select {
		case <-p.sent:
			continue
		case <-p.gone:
		case <-p.out:
		case <-abandon:
		}
		m.release()
		return
	}
}

// hasSent tells deliver, if it waits, to try again.
func (p *peer) hasSent() {
	select {
	case p.sent <- struct{}{}:
	default:
	}
}

// dismiss disconnects the peer, with an error unless code is 0. It does not wait.
func (p *peer) dismiss(code wire.RoomErrorCode) {
	p.refuse(refusal{code: code})
}

// refuse is dismiss, with the time after which to try again.
func (p *peer) refuse(why refusal) {
	p.dismissal.Do(func() {
		p.reason, p.retry = why.code, why.retry
		close(p.out)
		p.limitReads(closeGrace)
	})
}

// replace disconnects a peer whose own next connection wants the slot.
func (p *peer) replace() {
	p.dismiss(wire.RoomReplaced)
	p.limitReads(replaceGrace)
}

// hasGone reports whether the peer's socket has ended.
func (p *peer) hasGone() bool { return isClosed(p.gone) }

// dismissed reports whether the relay disconnects the peer.
func (p *peer) dismissed() bool { return isClosed(p.out) }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
