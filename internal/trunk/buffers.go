package trunk

import "sync"

// buffers is a pool of buffers for datagrams, in two sizes.
type buffers struct{ usual, large sync.Pool }

// usualPacket is the size in bytes that is enough for most datagrams.
const usualPacket = 1536

func newBuffers() *buffers {
	return &buffers{
		usual: sync.Pool{New: func() any { b := make([]byte, usualPacket); return &b }},
		large: sync.Pool{New: func() any { b := make([]byte, maxPacket); return &b }},
	}
}

// get returns a buffer with a length of n, at most maxPacket.
func (b *buffers) get(n int) *[]byte {
	pool := &b.usual
	if n > usualPacket {
		pool = &b.large
	}
	buf := pool.Get().(*[]byte)
	*buf = (*buf)[:n]
	return buf
}

// put returns a buffer to the pool.
func (b *buffers) put(buf *[]byte) {
	if cap(*buf) > usualPacket {
		b.large.Put(buf)
	} else {
		b.usual.Put(buf)
	}
}
