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
	parent, err := filepath.Abs(dir)
	if err != nil {
		return &FolderError{dir, err}
	}
	for {
		info, err := os.Stat(parent)
		switch {
		case err == nil && !info.IsDir():
			return &FolderError{dir, &notFolderError{parent, "a file"}}
		case err == nil:
			if err := osfs.TryCreate(parent); err != nil {
				return &WriteError{dir, err}
			}
			return nil
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR), filepath.Dir(parent) == parent:
			return &FolderError{dir, err}
		}
		parent = filepath.Dir(parent)
	}
}
