// Package atomicfile replaces files as a whole or not at all. Its one function is
// [Replace].
package atomicfile

import (
	"os"
	"path/filepath"
)

// Replace puts a new file at a path, whether there is one already or not. fill writes it,
// with the mode 0600, beside the path, under a name that pattern makes as that of
// os.CreateTemp does. Other processes, and a machine that loses power, have the old file or
// the new one; which one, after a power cut, is certain once the folder is synced, too.
// After an error the old one is there, and nothing else. Errors are those of fill and of
// the file system.
func Replace(path, pattern string, fill func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), pattern)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
