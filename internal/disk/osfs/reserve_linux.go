package osfs

import (
	"os"

	"golang.org/x/sys/unix"
)

// Reserve allocates room on the disk for n bytes of f, starting at off. The size
// of the file does not change.
func Reserve(f *os.File, off, n int64) error {
	return control(f, func(fd int) error {
		return unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, off, n)
	})
}

// PunchHole frees the room that n bytes of f take, starting at off. They read as
// zeros afterwards. A file system that has no holes leaves them as they are, so
// that they have to be zeros already.
func PunchHole(f *os.File, off, n int64) {
	_ = control(f, func(fd int) error {
		return unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE|unix.FALLOC_FL_PUNCH_HOLE, off, n)
	})
}
