package disk

import (
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// makesWhole says that makeWhole does something.
const makesWhole = true

// makeWhole makes the file name of the partial folder with the content p and
// the mode and time of e; fs.ErrExist if it is there. A name of the partial
// folder is a single element and ours, and a symlink is not followed. It does
// without os.File, whose care for pipes and sockets costs more than the file.
func makeWhole(f *Folder, name string, p []byte, e wire.Entry) (w wholeFile, err error) {
	dir := f.partial.fd()
	mode := uint32(e.Mode & 0o777)
	var fd int
	err = retry(func() (err error) {
		fd, err = unix.Openat(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
		return err
	})
	if err != nil {
		return w, &fs.PathError{Op: "openat", Path: name, Err: err}
	}
	defer func() {
		if cerr := unix.Close(fd); err == nil {
			err = cerr
		}
	}()
	if err := pwriteAll(fd, p); err != nil {
		return w, err
	}
	at := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(e.MTime)}
	err = f.attributes(retry(func() error { return unix.UtimesNanoAt(dir, name, at, unix.AT_SYMLINK_NOFOLLOW) }))
	var st unix.Stat_t
	if err == nil {
		err = retry(func() error { return unix.Fstat(fd, &st) })
	}
	if err == nil && st.Mode&0o777 != mode { // the umask took some of it
		err = f.attributes(retry(func() error { return unix.Fchmod(fd, mode) }))
	}
	return wholeFile{inode: st.Ino, size: st.Size, mtime: nanoseconds(time.Unix(st.Mtim.Unix()))}, err
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
