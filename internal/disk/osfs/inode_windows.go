package osfs

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// OpenNonblock does nothing on Windows.
const OpenNonblock = 0

// InodeOf returns nothing: a FileInfo does not have it on Windows.
func InodeOf(fs.FileInfo) Inode { return Inode{} }

// FileID returns a number for the file name in dir, which info describes. No
// other file of its disk has the number, and a rename keeps it. It is 0 if there
// is none.
func FileID(dir *os.Root, name string, info fs.FileInfo) uint64 {
	if info.Mode()&fs.ModeSymlink != 0 {
		return 0 // what would be opened is what it leads to
	}
	f, err := dir.Open(name)
	if err != nil {
		return 0
	}
	defer f.Close()
	var i windows.ByHandleFileInformation
	if windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &i) != nil {
		return 0
	}
	return uint64(i.FileIndexHigh)<<32 | uint64(i.FileIndexLow)
}

// HasLinks returns false: a FileInfo does not tell on Windows.
func HasLinks(fs.FileInfo) bool { return false }

// OwnedByUser returns true: folders of other users are not writable on Windows.
func OwnedByUser(fs.FileInfo) bool { return true }
