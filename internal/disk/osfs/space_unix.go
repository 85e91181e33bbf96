//go:build linux || darwin || freebsd

package osfs

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// FreeSpace returns how many bytes this user can still write to the disk that the
// folder dir is on. It is false if the disk does not tell.
func FreeSpace(dir *os.File) (int64, bool) {
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

// IsFull reports whether a write failed because the disk is full or the user's
// quota is used up.
func IsFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// IsQuota reports whether a write failed because the user's quota is used up.
func IsQuota(err error) bool { return errors.Is(err, unix.EDQUOT) }

// Allocated returns how many bytes of the disk a file takes, with what is reserved
// for it.
func Allocated(info fs.FileInfo) int64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.Size()
	}
	return int64(st.Blocks) * 512
}
