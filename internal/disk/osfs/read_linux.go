package osfs

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tallow-transfer/tallow/internal/descriptors"
)

// ReadsFiles says whether ReadFile is available.
const ReadsFiles = true

// ReadFile opens the regular file name below the folder dir, reads it from its beginning
// until p is full or the file ends, and closes it. The name is relative, with "/"
// between its elements; nothing outside of dir is opened, whatever symlinks are on
// the way, and a symlink itself is not followed. If no descriptor is left, it waits for one until ctx
// ends.
//
// It is false if the file cannot be opened so, or is no regular file: then the caller
// has to find out why. The error is that of reading.
//
// It uses system calls instead of an os.File, for the reason that CreateFile has, and
// looks up all of the path in one of them (openat2, Linux 5.6).
func ReadFile(ctx context.Context, dir *os.File, name string, p []byte) (r Read, ok bool, err error) {
	fd, err := openBeneath(ctx, dir, name)
	if err != nil {
		return r, false, nil
	}
	defer func() { _ = unix.Close(fd) }()
	if r.Before, ok = stampOf(fd); !ok {
		return r, false, nil
	}
	for r.N < len(p) && err == nil {
		var n int
		err = retry(func() (err error) {
			n, err = unix.Pread(fd, p[r.N:], int64(r.N))
			return err
		})
		r.N += max(n, 0)
		if n <= 0 || int64(r.N) == r.Before.Size && r.N < len(p) {
			break // asking for more would give nothing, unless the file has grown, and then After tells
		}
	}
	if err == nil {
		r.After, ok = stampOf(fd)
	}
	return r, ok, err
}

func openBeneath(ctx context.Context, dir *os.File, name string) (fd int, err error) {
	raw, err := dir.SyscallConn()
	if err != nil {
		return 0, err
	}
	how := unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOFOLLOW | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	}
	return descriptors.Open(ctx, func() (fd int, err error) {
		closed := raw.Control(func(dirFD uintptr) {
			err = retry(func() (err error) {
				fd, err = unix.Openat2(int(dirFD), name, &how)
				return err
			})
		})
		if closed != nil {
			err = closed
		}
		return fd, err
	})
}

// stampOf returns the Stamp of an open file. It is false if that is no regular file.
func stampOf(fd int) (Stamp, bool) {
	var st unix.Stat_t
	if retry(func() error { return unix.Fstat(fd, &st) }) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return Stamp{}, false
	}
	return Stamp{
		Size: st.Size, ModTime: time.Unix(st.Mtim.Unix()),
		Inode: Inode{Device: st.Dev, Number: st.Ino, ChangeTime: st.Ctim.Nano()},
	}, true
}
