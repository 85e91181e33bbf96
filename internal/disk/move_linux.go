package disk

import (
	"errors"

	"golang.org/x/sys/unix"
)

// moveNew renames old of from to name of to, which must not be there: then the
// error is fs.ErrExist.
func moveNew(from, to *openDir, old, name string) error {
	err := retry(func() error {
		return unix.Renameat2(from.fd(), old, to.fd(), name, unix.RENAME_NOREPLACE)
	})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return linkNew(from, to, old, name) // a file system without the flag
	}
	return err
}
