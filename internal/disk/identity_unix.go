//go:build unix && !aix

package disk

import (
	"io/fs"
	"os"
	"syscall"
)

// identify is the number of the file name in dir, which info describes, that
// no other file of its disk has and that a rename keeps; 0 if there is none.
func identify(_ *os.Root, _ string, info fs.FileInfo) uint64 { return inodeOf(info).ino }

// linked says whether what info describes has more than one name.
func linked(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Nlink > 1
}

// ownedByUs says whether this user made what info describes.
func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(st.Uid) == os.Geteuid()
}
