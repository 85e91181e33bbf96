package relay

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// queueLength bounds what waits for one peer. With the message that its writer
// holds and the one that the other peer's reader holds, that makes four messages
// a peer.
const queueLength = 2

// peer is what a room knows of one of its two peers: a queue of messages, and
// whether it is still there. The rest belongs to its socket (socket.go).
type peer struct {
	queue chan *message // to the peer; drained until gone or out is closed
	gone  chan struct{} // closed when its socket has ended
	out   chan struct{} // closed by dismiss: the relay disconnects the peer

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

// message is one frame on its way to a peer.
type message struct {
	frame []byte
	last  bool       // close the connection after it
	pool  *sync.Pool // takes the message back; nil if it is not pooled
}

// notice makes a frame that has only a kind.
func notice(kind wire.RoomKind) *message { return &message{frame: []byte{byte(kind)}} }

func (m *message) release() {
	if m.pool != nil {
		m.pool.Put(m)
	}
}

func newPeer(limitReads func(time.Duration)) *peer {
	return &peer{
		queue:      make(chan *message, queueLength),
		gone:       make(chan struct{}),
		out:        make(chan struct{}),
		leftSent:   make(chan struct{}),
		limitReads: limitReads,
	}
}

// put queues a message for p and blocks while the queue is full: this is how the
// backpressure of one peer reaches the other. It gives up when p ends or abandon
// is closed.
func (p *peer) put(m *message, abandon <-chan struct{}) {
	select {
	case p.queue <- m:
	case <-p.gone:
		m.release()
	case <-p.out:
		m.release()
	case <-abandon:
		m.release()
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
