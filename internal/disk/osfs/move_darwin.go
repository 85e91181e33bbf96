package osfs

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Move renames the file old of the folder from to name in the folder to. The
// error is fs.ErrExist if anything has that name.
func Move(from, to *Dir, old, name string) error {
	err := retry(func() error {
		return unix.RenameatxNp(from.fd(), old, to.fd(), name, unix.RENAME_EXCL)
	})
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL) {
		return moveByLink(from, to, old, name) // a file system without the flag
	}
	return err
}
