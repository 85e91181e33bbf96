//go:build linux || darwin || freebsd

package disk

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"syscall"

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

// isQuota says whether the room is there, but not for this user.
func isQuota(err error) bool { return errors.Is(err, unix.EDQUOT) }

// allocated is how many bytes of the disk a file takes.
func allocated(info fs.FileInfo) int64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.Size()
	}
	return int64(st.Blocks) * 512
}
