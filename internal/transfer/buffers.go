package transfer

import (
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// bufferSizes are the sizes of buffers in bytes. The window counts buffers and not
// their content, so the small ones allow many files of medium size in flight at
// once.
var bufferSizes = [...]int{wire.MaxRecord, 4 * wire.MaxRecord, wire.BlockSize}

// headroom is the space before the block in a sender's buffer. The header of a
// segment is written there, so that the segment can be sealed without a copy.
const headroom = 64

// buffers is a pool of buffers for up to wire.BlockSize bytes and the headroom
// before them.
type buffers struct {
	pools    [len(bufferSizes)]sync.Pool
	headroom int
}

func newBuffers(headroom int) *buffers {
	b := &buffers{headroom: headroom}
	for i, size := range bufferSizes {
		b.pools[i].New = func() any { p := make([]byte, headroom+size); return &p }
	}
	return b
}

// class returns the index of the smallest size that fits n bytes.
func class(n int) int {
	for i, size := range bufferSizes {
		if n <= size {
			return i
		}
	}
	panic("transfer: a buffer larger than a block")
}

// sizeFor returns the size of the buffer that get returns for n bytes.
func sizeFor(n int) int64 { return int64(bufferSizes[class(n)]) }

// size returns the size of a buffer, as sizeFor does.
func (b *buffers) size(p *[]byte) int64 { return int64(cap(*p) - b.headroom) }

// get returns a buffer with at least n bytes after the headroom.
func (b *buffers) get(n int) *[]byte { return b.pools[class(n)].Get().(*[]byte) }

// put returns a buffer to the pool.
func (b *buffers) put(p *[]byte) {
	*p = (*p)[:cap(*p)]
	b.pools[class(cap(*p)-b.headroom)].Put(p)
}
