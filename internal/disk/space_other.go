//go:build !linux && !darwin && !freebsd && !windows

package disk

import (
	"errors"
	"os"
	"syscall"
)

// freeSpace is never known.
func freeSpace(*os.File) (int64, bool) { return 0, false }

// isFull says whether a write failed for want of room.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
