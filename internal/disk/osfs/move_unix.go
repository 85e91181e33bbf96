//go:build unix

package osfs

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// Replace renames the file old of the folder from to name in the folder to, and
// atomically replaces a file of that name.
func Replace(from, to *Dir, old, name string) error {
	return retry(func() error { return unix.Renameat(from.fd(), old, to.fd(), name) })
}

// moveByLink is Move by link(2), which never replaces anything.
func moveByLink(from, to *Dir, old, name string) error {
	err := retry(func() error { return unix.Linkat(from.fd(), old, to.fd(), name, 0) })
	switch {
	case err == nil:
		return retry(func() error { return unix.Unlinkat(from.fd(), old, 0) })
	case errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOSYS):
		// A file system without links, such as FAT, has nothing better: a file
		// that appears between these two calls is replaced.
		if _, err := to.Root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fs.ErrExist, err)
		}
		return Replace(from, to, old, name)
	}
	return err
}

// SetLinkTime sets the modification time of the symlink name itself, in
// nanoseconds since 1970.
func SetLinkTime(dir *Dir, name string, mtime int64) error {
	t := unix.NsecToTimespec(mtime) // for the access time too
	return retry(func() error {
		return unix.UtimesNanoAt(dir.fd(), name, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW)
	})
}

// retry repeats a call that a signal interrupted.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func (d *Dir) fd() int { return int(d.File.Fd()) }
