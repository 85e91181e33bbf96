package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// folders are the folders of this machine.
type folders struct{}

func (folders) write(dir string) error {
	f, err := os.CreateTemp(existing(dir), ".tallow-doctor-*")
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			return path.Err
		}
		return err
	}
	_, err = f.WriteString("tallow doctor\n")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// existing is the folder itself, or the first one above it that exists.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			return dir
		}
		dir = above
	}
}

func (folders) free(dir string) int64 {
	f, err := os.Open(existing(dir))
	if err != nil {
		return -1
	}
	defer f.Close()
	if free, ok := osfs.FreeSpace(f); ok {
		return free
	}
	return -1
}
