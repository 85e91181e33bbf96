package osfs

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// TryCreate finds out whether a file can be created in the folder dir. It leaves
// nothing there, even if the process is killed meanwhile.
func TryCreate(dir string) error {
	f, err := os.OpenFile(dir, unix.O_TMPFILE|os.O_WRONLY, 0o600)
	// Not every file system has files without names.
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EISDIR) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		return tryNamed(dir)
	}
	if err != nil {
		return err
	}
	return f.Close()
}
