package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
func replaceFile(name string, content []byte, mode fs.FileMode) (err error) {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	if mode == 0 {
		mode = ownerOnly
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".tallow-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(content); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return fmt.Errorf("cannot set the mode: %w", err)
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
