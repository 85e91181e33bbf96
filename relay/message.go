package relay

import (
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// message is one frame of the room protocol on its way to a peer.
type message struct {
	frame []byte
	last  bool // close the connection after it

	// buf has headRoom bytes and then frame. It is nil if frame was made by the relay.
	buf  []byte
	pool *sync.Pool // takes the message back; nil if it is not pooled
}

// notice makes a frame that has only a kind.
func notice(kind wire.RoomKind) *message { return &message{frame: []byte{byte(kind)}} }

// newMessage makes a message for frames of up to max bytes, and one byte more so
// that a longer one shows.
func newMessage(max int, pool *sync.Pool) *message {
	return &message{buf: make([]byte, headRoom+max+1), pool: pool}
}

// space returns where to put the message's frame.
func (m *message) space() []byte { return m.buf[headRoom:] }

func (m *message) release() {
	if m.pool != nil {
		m.pool.Put(m)
	}
}

// headRoom is the room for the head of a WebSocket frame. It is longer than a head,
// because of where the system has what it copies to a message: mostly from the
// beginning of a page. To copy between places that have almost the same offset in
// their pages takes processors two to three times as long.
const headRoom = 128

// webSocketFrame returns the message as one WebSocket frame. It does not copy what came
// from a peer.
func (m *message) webSocketFrame() []byte {
	if m.buf == nil {
		m.buf = make([]byte, headRoom+len(m.frame))
		copy(m.space(), m.frame)
	}
	var room [wire.MaxWebSocketHead]byte
	head := wire.AppendWebSocketHead(room[:0], len(m.frame), false)
	begin := headRoom - len(head)
	copy(m.buf[begin:], head)
	return m.buf[begin : headRoom+len(m.frame)]
}
