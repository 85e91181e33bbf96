package vault

import (
	"os"

	"golang.org/x/sys/windows"
)

// waitForLock waits until no other open file has the lock on f, and takes it.
// Closing f gives it up.
func waitForLock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &windows.Overlapped{})
}
