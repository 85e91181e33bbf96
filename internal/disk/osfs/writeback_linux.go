package osfs

import (
	"os"

	"golang.org/x/sys/unix"
)

// writebackUnit is how many bytes of a file start on their way to the disk
// together.
const writebackUnit = 4 << 20

// StartWriteback makes the disk begin to write what was just written to f between
// off and end, in units of 4 MiB, and does not wait. That leaves little to be
// written when the file is synced. A file system that cannot do it writes later.
func StartWriteback(f *os.File, off, end int64) {
	if from := end - end%writebackUnit; off < from {
		_ = control(f, func(fd int) error {
			return unix.SyncFileRange(fd, from-writebackUnit, writebackUnit, unix.SYNC_FILE_RANGE_WRITE)
		})
	}
}
