package destination

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// Check finds out whether a folder can be written to, or made if it is not there,
// and changes nothing. The error is a *FolderError or a *WriteError.
func Check(dir string) error {
	info, parent, err := nearest(dir)
	switch {
	case err != nil:
		return &FolderError{dir, err}
	case !info.IsDir():
		return &FolderError{dir, &notFolderError{parent, "a file"}}
	}
	if err := osfs.TryCreate(parent); err != nil {
		return &WriteError{dir, err}
	}
	return nil
}

// FreeSpace returns how many bytes this user can write to the disk that a folder is
// on, or would be made on. It is false if that is not known.
func FreeSpace(dir string) (int64, bool) {
	info, parent, err := nearest(dir)
	if err != nil || !info.IsDir() {
		return 0, false
	}
	f, err := os.Open(parent)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	return osfs.FreeSpace(f)
}

// nearest returns the innermost part of a path that is there, as a whole path.
func nearest(dir string) (fs.FileInfo, string, error) {
	parent, err := filepath.Abs(dir)
	if err != nil {
		return nil, "", err
	}
	for {
		info, err := os.Stat(parent)
		switch {
		case err == nil:
			return info, parent, nil
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR), filepath.Dir(parent) == parent:
			return nil, "", err
		}
		parent = filepath.Dir(parent)
	}
}
