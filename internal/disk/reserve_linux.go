package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// reserve gives n bytes of f from off on their place on the disk. The file is
// no longer for it.
func reserve(f *os.File, off, n int64) error {
	return control(f, func(fd int) error {
		return unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, off, n)
	})
}

// punchHole frees the place on the disk of n bytes of f, which are zeros. A
// file system that cannot do it keeps them.
func punchHole(f *os.File, off, n int64) {
	_ = control(f, func(fd int) error {
		return unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE|unix.FALLOC_FL_PUNCH_HOLE, off, n)
	})
}
