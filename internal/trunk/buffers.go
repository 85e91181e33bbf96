package trunk

import "sync"

// buffers lends buffers for datagrams: most have the size of a usual packet.
type buffers struct{ usual, large sync.Pool }

const usualPacket = 1536

func newBuffers() *buffers {
	return &buffers{
		usual: sync.Pool{New: func() any { b := make([]byte, usualPacket); return &b }},
		large: sync.Pool{New: func() any { b := make([]byte, maxPacket); return &b }},
	}
}

// get lends a buffer with a length of n.
func (b *buffers) get(n int) *[]byte {
	pool := &b.usual
	if n > usualPacket {
		pool = &b.large
	}
	buf := pool.Get().(*[]byte)
	*buf = (*buf)[:n]
	return buf
}

func (b *buffers) put(buf *[]byte) {
	if cap(*buf) > usualPacket {
		b.large.Put(buf)
	} else {
		b.usual.Put(buf)
	}
}
