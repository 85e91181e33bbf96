//go:build !linux && !darwin && !freebsd && !windows

package disk

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// freeSpace is never known.
func freeSpace(*os.File) (int64, bool) { return 0, false }

// isFull says whether a write failed for want of room.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }

// isQuota says whether the room is there, but not for this user.
func isQuota(error) bool { return false }

// allocated is how many bytes of the disk a file takes, at most.
func allocated(info fs.FileInfo) int64 { return info.Size() }
