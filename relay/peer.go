package relay

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// queueLength bounds what waits for one peer: with the message that its writer
// holds and the one that the other peer's reader holds, four messages a peer.
const queueLength = 2

// peer is what a room knows of one of its two: a queue of messages, and whether
// it is still there. The rest belongs to its socket (socket.go).
type peer struct {
	queue chan *message // to the peer; drained until gone or out
	gone  chan struct{} // closed once its socket has ended
	out   chan struct{} // closed by dismiss: the relay puts the peer out

	// Set by table.take before the peer is seen by anyone else.
	role   role
	name   *[16]byte       // that it gave itself in a resume room, or nil
	room   *room           // nil for one that is only refused
	met    *peer           // who sat in the other seat then, or nil; for arrive
	before <-chan struct{} // departed of who had the seat until then, or nil

	known atomic.Bool // the other peer has heard of this one

	// Guarded by the table's lock.
	leaving  bool
	bereaved *peer // once leaving: who is to be told, if anyone

	departed chan struct{} // closed by leave once that is told

	dismissal sync.Once
	verdict   wire.RoomErrorCode // 0: no error; read it once out is closed
	// hurry leaves the socket's reader only so long to see that out is closed.
	hurry func(time.Duration)
}

// message is one frame on its way to a peer.
type message struct {
	frame []byte
	last  bool // hang up after it
	// pool takes the frame's buffer back, unless it is nil.
	pool *sync.Pool
}

// notice is a frame that has nothing but its kind.
func notice(kind wire.RoomKind) *message { return &message{frame: []byte{byte(kind)}} }

func (m *message) release() {
	if m.pool != nil {
		m.pool.Put(m)
	}
}

func newPeer(hurry func(time.Duration)) *peer {
	return &peer{
		queue:    make(chan *message, queueLength),
		gone:     make(chan struct{}),
		out:      make(chan struct{}),
		departed: make(chan struct{}),
		hurry:    hurry,
	}
}

// put gives p a message, and waits while p is slow: so the backpressure of one
// peer reaches the other. It gives up when p ends or abandon closes.
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

// dismiss puts the peer out, with an error unless code is 0. It does not wait.
func (p *peer) dismiss(code wire.RoomErrorCode) {
	p.dismissal.Do(func() {
		p.verdict = code
		close(p.out)
		p.hurry(linger)
	})
}

// evict puts out a peer whose seat is wanted by its own next connection.
func (p *peer) evict() {
	p.dismiss(wire.RoomReplaced)
	p.hurry(handover)
}

// hasGone tells whether the peer's socket has ended.
func (p *peer) hasGone() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// dismissed tells whether the peer has been put out.
func (p *peer) dismissed() bool {
	select {
	case <-p.out:
		return true
	default:
		return false
	}
}
