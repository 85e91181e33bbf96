package osfs

import (
	"errors"
	"io/fs"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// FreeSpace returns how many bytes this user can still write to the disk that the
// folder dir is on. It is false if the disk does not tell.
func FreeSpace(dir *os.File) (int64, bool) {
	name, err := windows.UTF16PtrFromString(dir.Name())
	if err != nil {
		return 0, false
	}
	var free uint64
	if windows.GetDiskFreeSpaceEx(name, &free, nil, nil) != nil {
		return 0, false
	}
	return int64(min(free, math.MaxInt64)), true
}

// IsFull reports whether a write failed because the disk is full or the user's
// quota is used up.
func IsFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || IsQuota(err)
}

// IsQuota reports whether a write failed because the user's quota is used up.
func IsQuota(err error) bool { return errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED) }

// Allocated returns how many bytes of the disk a file takes at most: its size.
func Allocated(info fs.FileInfo) int64 { return info.Size() }
