package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/atomicfile"
)

// ownerOnly is the mode of a file with a secret in it.
const ownerOnly fs.FileMode = 0o600

// readExisting reads a file with its mode. Of one that does not exist they are zero.
func readExisting(name string) ([]byte, fs.FileMode, error) {
	content, err := readBounded(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, 0, err
	}
	return content, info.Mode().Perm(), nil
}

// replaceFile replaces a file as a whole or not at all. A symlink stays, and what it
// leads to is replaced. With the mode 0 the file is for its owner alone.
func replaceFile(name string, content []byte, mode fs.FileMode) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	if mode == 0 {
		mode = ownerOnly
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return atomicfile.Replace(name, ".tallow-*", func(f *os.File) error {
		if _, err := f.Write(content); err != nil {
			return err
		}
		if err := f.Chmod(mode); err != nil {
			return fmt.Errorf("cannot set the mode: %w", err)
		}
		return nil
	})
}
