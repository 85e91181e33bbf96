package devicekey

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// readPrivate reads a file of this user's. If others could read or write it, exposed
// is the mode that it had, and it has the mode 0600 now. Error: ErrNotPrivate.
func readPrivate(path string, limit int64) (content []byte, exposed fs.FileMode, err error) {
	// A symlink, or a pipe that would block, is not opened at all.
	info, err := os.Lstat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, ErrNotPrivate
	}
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	opened, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !os.SameFile(info, opened) || !ours(opened) {
		return nil, 0, ErrNotPrivate
	}
	if othersMay(opened) {
		exposed = opened.Mode().Perm()
		if err := f.Chmod(0o600); err != nil {
			return nil, exposed, err
		}
	}
	content, err = io.ReadAll(io.LimitReader(f, limit+1))
	return content, exposed, err
}

// writePrivate writes a file anew with the mode 0600, so that other processes, and a
// machine that loses power, have all of it or nothing.
func writePrivate(path string, content []byte) (err error) {
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

// removePrivate overwrites so many bytes of a file with zeros, and removes it. A
// disk may still have the bytes elsewhere: journals, snapshots, flash memory.
func removePrivate(path string, size int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|noFollow, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, size))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), os.Remove(path))
}
