package disk

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// identify is the number of the file name in dir, which info describes, that
// no other file of its disk has and that a rename keeps; 0 if there is none.
func identify(dir *os.Root, name string, _ fs.FileInfo) uint64 {
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

// linked is never true: what info has does not tell.
func linked(fs.FileInfo) bool { return false }

// ownedByUs is always true: folders of others are not writable on Windows.
func ownedByUs(fs.FileInfo) bool { return true }
