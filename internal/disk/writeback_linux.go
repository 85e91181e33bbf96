package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// startEvery is how many bytes of a file are sent to the disk together.
const startEvery = 4 << 20

// startWriteBack has the disk begin to write what was just written to f from
// off to end, with what came before it, and does not wait: so little is left to
// be written when it is synced. A file system that cannot do it writes later.
func startWriteBack(f *os.File, off, end int64) {
	if from := end - end%startEvery; off < from {
		_ = control(f, func(fd int) error {
			return unix.SyncFileRange(fd, from-startEvery, startEvery, unix.SYNC_FILE_RANGE_WRITE)
		})
	}
}
