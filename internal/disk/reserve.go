package disk

import (
	"os"
	"sync"
)

// reservation is the room that a partial file was given ahead of its data, so
// that its blocks, which are written and synced bit by bit, lie together on the
// disk. It is made only beyond the end of the file, so it never fills a hole
// that is there, and never goes beyond the announced size. Where the system or
// the disk cannot do it, or there is not so much room, all goes on without.
type reservation struct {
	mu     sync.Mutex
	end    int64 // of what was reserved; 0 if nothing was
	failed bool
}

// Room is reserved for files from reserveFrom bytes on, reserveAhead bytes at a
// time.
const (
	reserveFrom  = 16 << 20
	reserveAhead = 32 << 20
)

// writeAt writes p at off of the file h, which is to have size bytes, negative
// or 0 if that is not known. It leaves holes as the function writeAt does.
func (r *reservation) writeAt(h *os.File, p []byte, off, size int64) (int, error) {
	if size < reserveFrom {
		return writeAt(h, p, off)
	}
	r.mu.Lock()
	if leavesHole(h, p, off) {
		defer r.mu.Unlock() // nothing is reserved over it meanwhile
		n, err := writeLast(h, p, off)
		if err == nil && off < r.end { // afterwards: beyond its end there are no holes
			punchHole(h, off, int64(len(p)-1))
		}
		return n, err
	}
	if !r.failed && off+int64(len(p)) > r.end {
		r.ahead(h, off, size)
	}
	r.mu.Unlock()
	return h.WriteAt(p, off)
}

// ahead reserves room from off on, for a file that is to have size bytes.
func (r *reservation) ahead(h *os.File, off, size int64) {
	info, err := h.Stat()
	if err != nil {
		return
	}
	from := max(off, info.Size(), r.end)
	to := min(from+reserveAhead, size)
	if from >= to {
		return
	}
	r.failed = reserve(h, from, to-from) != nil
	r.end = to // also after an error: some of it may have been given
}

// giveBack frees what was reserved beyond the end of a file that is left as it
// is.
func (r *reservation) giveBack(h *os.File) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end == 0 {
		return
	}
	if info, err := h.Stat(); err == nil && info.Size() < r.end {
		_ = h.Truncate(info.Size()) // only room is lost
	}
	r.end = 0
}
