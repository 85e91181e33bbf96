//go:build !linux && !darwin && !freebsd && !windows

package osfs

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// FreeSpace returns false: this system does not tell.
func FreeSpace(*os.File) (int64, bool) { return 0, false }

// IsFull reports whether a write failed because the disk is full or the user's
// quota is used up.
func IsFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }

// IsQuota returns false: this system does not tell.
func IsQuota(error) bool { return false }

// Allocated returns how many bytes of the disk a file takes at most: its size.
func Allocated(info fs.FileInfo) int64 { return info.Size() }
