package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/filelock"
	"github.com/tallow-transfer/tallow/internal/privatefile"
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
	return privatefile.Replace(path, content)
}
