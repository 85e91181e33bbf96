package source

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// mayLie reports whether the size of a regular file may not be that of its
// content. The files of /proc, and of some FUSE file systems, have a size of 0,
// and those of /sys one page; none of them takes any room on a disk.
func mayLie(info fs.FileInfo) bool { return info.Size() == 0 || osfs.Allocated(info) == 0 }

// endsAt reads around the end of a file. It returns false if the content ends
// before size or goes on after it.
func endsAt(f io.ReaderAt, size int64) (bool, error) {
	var b [1]byte
	if size > 0 {
		switch n, err := f.ReadAt(b[:], size-1); {
		case n == 1:
		case errors.Is(err, io.EOF), errors.Is(err, syscall.ESPIPE):
			return false, nil
		default:
			return false, err
		}
	}
	switch n, err := f.ReadAt(b[:], size); {
	case n == 1, errors.Is(err, syscall.ESPIPE): // it can only be read in order
		return false, nil
	case errors.Is(err, io.EOF):
		return true, nil
	default:
		return false, err
	}
}

// probe says whether a file that may lie ends where its size says. If it cannot
// be opened, the answer is yes: opening it to send it gives the error.
func probe(size int64, open func() (*os.File, error)) (bool, error) {
	f, err := open()
	if err != nil {
		return true, nil
	}
	defer f.Close()
	return endsAt(f, size)
}

// localStream is a file that is read in order to its end, whatever its size says.
type localStream struct{ *localFile }

// ReadAt reads on where the last call ended.
func (f localStream) ReadAt(p []byte, _ int64) (int, error) {
	n, err := io.ReadFull(f.File, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Changed returns nil: such a file has no size to compare, and the system makes
// its content when it is read.
func (f localStream) Changed() error { return nil }
