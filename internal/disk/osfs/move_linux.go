package osfs

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Move renames the file old of the folder from to name in the folder to. The
// error is fs.ErrExist if anything has that name.
func Move(from, to *Dir, old, name string) error {
	err := retry(func() error {
		return unix.Renameat2(from.fd(), old, to.fd(), name, unix.RENAME_NOREPLACE)
	})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return moveByLink(from, to, old, name) // a file system without the flag
	}
	return err
}
