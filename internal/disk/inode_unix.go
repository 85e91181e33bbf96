//go:build unix && !aix

package disk

import (
	"io/fs"
	"syscall"
)

// openNonblock keeps open(2) from waiting for a pipe's other end.
const openNonblock = syscall.O_NONBLOCK

// inode is the part of a stamp that only some systems have.
type inode struct {
	dev, ino uint64
	ctime    int64 // nanoseconds; also moves when mtime was set back
}

func inodeOf(info fs.FileInfo) inode {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}
	}
	return inode{dev: uint64(st.Dev), ino: uint64(st.Ino), ctime: ctimeOf(st)}
}
