package osfs

import (
	"context"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tallow-transfer/tallow/internal/descriptors"
)

// CreatesFiles says whether CreateFile is available.
const CreatesFiles = true

// CreateFile makes the file name in dir with the content p, the permissions perm
// and the modification time mtime, in nanoseconds since 1970. The error is
// fs.ErrExist if anything has the name. The folders in the name have to be there, and to
// belong to this user alone.
//
// If no descriptor is left, it waits for one until ctx ends.
//
// It uses system calls instead of an os.File: registering a file with the poller
// of the runtime costs more than writing a small file does.
func CreateFile(ctx context.Context, dir *Dir, name string, p []byte, perm fs.FileMode, mtime int64) (c Created, err error) {
	dirFD, mode := dir.fd(), uint32(perm.Perm())
	var fd int
	err = descriptors.Wait(ctx, func() error {
		return retry(func() (err error) {
			fd, err = unix.Openat(dirFD, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
			return err
		})
	})
	if err != nil {
		return c, &fs.PathError{Op: "openat", Path: name, Err: err}
	}
	defer func() {
		if cerr := unix.Close(fd); err == nil {
			err = cerr
		}
	}()
	if err := pwriteAll(fd, p); err != nil {
		return c, err
	}
	at := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(mtime)}
	err = c.attribute(retry(func() error { return unix.UtimesNanoAt(dirFD, name, at, unix.AT_SYMLINK_NOFOLLOW) }))
	var st unix.Stat_t
	if err == nil {
		err = retry(func() error { return unix.Fstat(fd, &st) })
	}
	if err == nil && st.Mode&0o777 != mode { // the umask removed some of it
		err = c.attribute(retry(func() error { return unix.Fchmod(fd, mode) }))
	}
	c.ID, c.Size, c.ModTime = st.Ino, st.Size, Nanoseconds(time.Unix(st.Mtim.Unix()))
	return c, err
}

func pwriteAll(fd int, p []byte) error {
	for off := int64(0); len(p) > 0; {
		var n int
		err := retry(func() (err error) {
			n, err = unix.Pwrite(fd, p, off)
			return err
		})
		if err != nil {
			return err
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}
