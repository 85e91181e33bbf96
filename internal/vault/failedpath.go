package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/filelock"
)

// failedPath is the FailedStore of a file with this path.
type failedPath string

// Read implements FailedStore.
func (p failedPath) Read() ([]byte, error) {
	file, err := os.Open(string(p))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(file, maxFailedFile+1))
	return b, errors.Join(err, file.Close())
}

// Update implements FailedStore.
func (p failedPath) Update(edit func(kept []byte) ([]byte, error)) (err error) {
	path := string(p)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which gives the lock up
	if err := filelock.Wait(lock); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	kept, err := p.Read()
	if err != nil {
		return err
	}
	content, err := edit(kept)
	if err != nil {
		return err
	}
	if content == nil {
		return ignoreMissing(os.Remove(path))
	}
	return replaceFile(path, content)
}

// replaceFile writes a file anew, so that other processes, and a machine that
// loses power, have the old one or the new one.
func replaceFile(path string, content []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = io.Copy(temp, bytes.NewReader(content))
	if err == nil {
		err = temp.Sync()
	}
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
