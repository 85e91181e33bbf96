//go:build unix && !aix

package vault

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// waitForLock waits until no other open file has the lock on f, and takes it.
// Closing f gives it up.
func waitForLock(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
