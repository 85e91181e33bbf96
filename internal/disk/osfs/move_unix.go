//go:build unix

package osfs

import (
	"errors"

	"golang.org/x/sys/unix"
)

func movesOf(from, to *Dir, old, name string) moves {
	return moves{
		exclusive: func() error { return retry(func() error { return exclusiveRename(from, to, old, name) }) },
		link:      func() error { return retry(func() error { return unix.Linkat(from.fd(), old, to.fd(), name, 0) }) },
		removeOld: func() error { return retry(func() error { return unix.Unlinkat(from.fd(), old, 0) }) },
		removeNew: func() error { return retry(func() error { return unix.Unlinkat(to.fd(), name, 0) }) },
		look: func() error {
			_, err := to.Root.Lstat(name)
			return err
		},
		rename: func() error { return Replace(from, to, old, name) },
	}
}

// Replace renames the file old of the folder from to name in the folder to, and
// atomically replaces a file of that name.
func Replace(from, to *Dir, old, name string) error {
	return retry(func() error { return unix.Renameat(from.fd(), old, to.fd(), name) })
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
