package partial

import (
	"io/fs"
	"os"
	"sync"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// reservation is room on the disk that a partial file gets ahead of its data. Its
// blocks are written and synced bit by bit, and the reservation keeps them
// together on the disk. Room is reserved only beyond the end of the file, so that
// no hole is filled, and never beyond the announced size. If the system or the disk
// cannot reserve, or has too little room, the file is written without.
type reservation struct {
	mu     sync.Mutex
	end    int64 // of what was reserved; 0 if nothing was
	failed bool
}

// Room is reserved for files of at least reserveFrom bytes, reserveAhead bytes at
// a time.
const (
	reserveFrom  = 16 << 20
	reserveAhead = 32 << 20
)

// writeAt writes p at off of the file h, which is to have size bytes, negative or
// 0 if that is not known. It leaves holes as the function writeAt does, and writes
// what remains by d.
func (r *reservation) writeAt(h *os.File, d *directWriter, p []byte, off, size int64) (int, error) {
	if size < reserveFrom {
		return writeAt(h, p, off)
	}
	r.mu.Lock()
	if leavesHole(h, p, off) {
		defer r.mu.Unlock() // nothing is reserved over it meanwhile
		n, err := writeLast(h, p, off)
		if err == nil && off < r.end { // after writing: there are no holes beyond the end
			osfs.PunchHole(h, off, int64(len(p)-1))
		}
		return n, err
	}
	if !r.failed && off+int64(len(p)) > r.end {
		r.extend(h, off, size)
	}
	r.mu.Unlock()
	return d.writeAt(h, p, off, size)
}

// extend reserves room from off on, for a file that is to have size bytes.
func (r *reservation) extend(h *os.File, off, size int64) {
	info, err := h.Stat()
	if err != nil {
		return
	}
	from := max(off, info.Size(), r.end)
	to := min(from+reserveAhead, size)
	if from >= to {
		return
	}
	r.failed = osfs.Reserve(h, from, to-from) != nil
	r.end = to // also after an error: some of it may have been reserved
}

// giveBack frees what was reserved beyond the end of a file that stays as it is.
func (r *reservation) giveBack(h *os.File) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end == 0 {
		return
	}
	if info, err := h.Stat(); err == nil && info.Size() < r.end {
		_ = h.Truncate(info.Size()) // if it fails only room is lost
	}
	r.end = 0
}

// reservedFrom is how many bytes a file has to take beyond its size for them to
// be a reservation, and not the rest of the last unit of the disk.
const reservedFrom = 1 << 20

// taken returns how much of the disk is already given to a file, of what it has or
// will have.
func taken(info fs.FileInfo) int64 {
	n := osfs.Allocated(info)
	if n >= info.Size()+reservedFrom {
		return n
	}
	return min(n, info.Size())
}

// Trim cuts the open file h, which info describes, to its final size and frees
// what is reserved for it. It does nothing if there is nothing to cut.
func Trim(h *os.File, info fs.FileInfo, size int64) error {
	if info.Size() > size || osfs.Allocated(info) >= size+reservedFrom {
		return h.Truncate(size)
	}
	return nil
}
