package partial

import (
	"bytes"
	"io"
	"os"
)

// holeFrom is from how many zero bytes on a hole is left for them.
const holeFrom = 64 << 10

// IsHole reports whether p is so many zero bytes that WriteAt may leave a hole for
// them.
func IsHole(p []byte) bool { return len(p) >= holeFrom && zeros(p) }

// writeAt writes p at off. If p is all zeros, and so is what is there, only its
// last byte is written: the bytes before it are a hole, which takes nothing of the
// disk, and the size of the file is as if all had been written.
func writeAt(h *os.File, p []byte, off int64) (int, error) {
	if leavesHole(h, p, off) {
		return writeLast(h, p, off)
	}
	return h.WriteAt(p, off)
}

// leavesHole reports whether a hole can stand for p at off.
func leavesHole(h *os.File, p []byte, off int64) bool {
	return IsHole(p) && readsZeros(h, off, len(p))
}

// writeLast writes the last byte of p, which belongs at off.
func writeLast(h *os.File, p []byte, off int64) (int, error) {
	last := len(p) - 1
	if _, err := h.WriteAt(p[last:], off+int64(last)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func zeros(p []byte) bool { return p[0] == 0 && bytes.Equal(p[1:], p[:len(p)-1]) }

// readsZeros reports whether n bytes of h, starting at off, are zeros or beyond
// the end. It is false if that cannot be read.
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
