//go:build unix && !aix

package osfs

import (
	"io/fs"
	"os"
	"syscall"
)

// OpenNonblock is a flag for os.OpenFile: opening a named pipe does not wait for
// somebody to open its other end.
const OpenNonblock = syscall.O_NONBLOCK

// InodeOf returns the Inode of the file that info describes.
func InodeOf(info fs.FileInfo) Inode {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Inode{}
	}
	return Inode{Device: uint64(st.Dev), Number: uint64(st.Ino), ChangeTime: changeTime(st)}
}

// FileID returns a number for the file name in dir, which info describes. No
// other file of its disk has the number, and a rename keeps it. It is 0 if there
// is none.
func FileID(_ *os.Root, _ string, info fs.FileInfo) uint64 { return InodeOf(info).Number }

// HasLinks reports whether the file that info describes has more than one name.
func HasLinks(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Nlink > 1
}

// OwnedByUser reports whether the file that info describes belongs to the user of
// this process.
func OwnedByUser(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(st.Uid) == os.Geteuid()
}
