//go:build linux || darwin || freebsd

package disk

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// freeSpace is the bytes that this user may still write to the disk of dir;
// false if the disk does not say.
func freeSpace(dir *os.File) (int64, bool) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(dir.Fd()), &st); err != nil || st.Blocks == 0 {
		return 0, false
	}
	// The fields' types differ from system to system.
	blocks, bsize := max(int64(st.Bavail), 0), max(int64(st.Bsize), 1)
	if blocks > math.MaxInt64/bsize {
		return math.MaxInt64, true
	}
	return blocks * bsize, true
}

// isFull says whether a write failed for want of room.
func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}
