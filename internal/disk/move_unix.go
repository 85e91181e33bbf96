//go:build unix

package disk

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// moveOver renames old of from to name of to, in the place of what is there.
func moveOver(from, to *openDir, old, name string) error {
	return retry(func() error { return unix.Renameat(from.fd(), old, to.fd(), name) })
}

// linkNew is moveNew by a second name: link(2) never replaces.
func linkNew(from, to *openDir, old, name string) error {
	err := retry(func() error { return unix.Linkat(from.fd(), old, to.fd(), name, 0) })
	switch {
	case err == nil:
		return retry(func() error { return unix.Unlinkat(from.fd(), old, 0) })
	case errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOSYS):
		// A file system without links (FAT): what looks is not what renames,
		// and a file that comes in between is lost. Nothing better is there.
		if _, err := to.root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fs.ErrExist, err)
		}
		return moveOver(from, to, old, name)
	}
	return err
}

// setLinkTime sets the mtime, in nanoseconds, of the symlink name itself.
func setLinkTime(dir *openDir, name string, mtime int64) error {
	t := unix.NsecToTimespec(mtime) // for the access time too
	return retry(func() error {
		return unix.UtimesNanoAt(dir.fd(), name, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW)
	})
}

func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func (d *openDir) fd() int { return int(d.file.Fd()) }
