package disk

import (
	"bytes"
	"io"
	"os"
)

// holeFrom is from how many bytes of zeros on a hole is left for them.
const holeFrom = 64 << 10

// writeAt writes p at off. Where p is nothing but zeros, and nothing else is
// there, only its last byte is: what is before it is a hole, which takes none of
// the disk, and the file is as long as if all had been written.
func writeAt(h *os.File, p []byte, off int64) (int, error) {
	if leavesHole(h, p, off) {
		return writeLast(h, p, off)
	}
	return h.WriteAt(p, off)
}

// leavesHole says whether a hole does for p at off.
func leavesHole(h *os.File, p []byte, off int64) bool {
	return len(p) >= holeFrom && zeros(p) && readsZeros(h, off, len(p))
}

// writeLast writes the last byte of p, which is for off.
func writeLast(h *os.File, p []byte, off int64) (int, error) {
	last := len(p) - 1
	if _, err := h.WriteAt(p[last:], off+int64(last)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func zeros(p []byte) bool { return p[0] == 0 && bytes.Equal(p[1:], p[:len(p)-1]) }

// readsZeros says whether there is nothing but zeros, or nothing at all, in n
// bytes of h from off on. If that cannot be told it is false.
func readsZeros(h *os.File, off int64, n int) bool {
	info, err := h.Stat()
	if err != nil {
		return false
	}
	if info.Size() <= off {
		return true
	}
	buf := make([]byte, holeFrom)
	for n > 0 {
		got, err := h.ReadAt(buf[:min(n, len(buf))], off)
		if got > 0 && !zeros(buf[:got]) {
			return false
		}
		if err == io.EOF {
			return true
		}
		if err != nil {
			return false
		}
		n, off = n-got, off+int64(got)
	}
	return true
}
