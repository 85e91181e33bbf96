package transfer

import (
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// bufferSizes are the sizes in bytes in which buffers are kept. What is under
// way is counted by the size of its buffer, so the smaller ones are what lets
// many middling files be under way at once.
var bufferSizes = [...]int{wire.MaxRecord, 4 * wire.MaxRecord, wire.BlockSize}

// headroom is what a sender's buffer has before its block: there the header of a
// segment finds its place while the segment is sealed, without a copy of it.
const headroom = 64

// buffers lends buffers of at most wire.BlockSize bytes, and room before them.
type buffers struct {
	pools [len(bufferSizes)]sync.Pool
	room  int
}

func newBuffers(room int) *buffers {
	b := &buffers{room: room}
	for i, size := range bufferSizes {
		b.pools[i].New = func() any { p := make([]byte, room+size); return &p }
	}
	return b
}

// class is the index of the smallest buffer for n bytes.
func class(n int) int {
	for i, size := range bufferSizes {
		if n <= size {
			return i
		}
	}
	panic("transfer: a buffer larger than a block")
}

// sizeFor is the size of the buffer that get returns for n bytes.
func sizeFor(n int) int64 { return int64(bufferSizes[class(n)]) }

// size is what sizeFor said of a buffer.
func (b *buffers) size(p *[]byte) int64 { return int64(cap(*p) - b.room) }

// get lends a buffer of at least n bytes behind its room.
func (b *buffers) get(n int) *[]byte { return b.pools[class(n)].Get().(*[]byte) }

// put takes a buffer back.
func (b *buffers) put(p *[]byte) {
	*p = (*p)[:cap(*p)]
	b.pools[class(cap(*p)-b.room)].Put(p)
}
