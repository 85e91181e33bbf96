package disk

import (
	"errors"
	"io/fs"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// freeSpace is the bytes that this user may still write to the disk of dir;
// false if the disk does not say.
func freeSpace(dir *os.File) (int64, bool) {
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

// isFull says whether a write failed for want of room.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || isQuota(err)
}

// isQuota says whether the room is there, but not for this user.
func isQuota(err error) bool { return errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED) }

// allocated is how many bytes of the disk a file takes, at most.
func allocated(info fs.FileInfo) int64 { return info.Size() }
