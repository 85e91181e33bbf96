// Package privatefile keeps secrets in small files that only their user may read, in a
// folder of the state. Start with [Read] and [Replace].
package privatefile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/atomicfile"
)

// ErrNotPrivate means that a file is one that somebody else may have put there: a
// symlink, a file of another user, or no file at all.
var ErrNotPrivate = errors.New("it is not a regular file of this user")

// Read reads a file of this user's, up to limit bytes and one more, so that a longer
// one shows. If others may read or write it, exposed is its mode. Windows has no such
// modes: there the folder decides. Error: ErrNotPrivate, and those of the file system.
func Read(path string, limit int64) (content []byte, exposed fs.FileMode, err error) {
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
	}
	content, err = io.ReadAll(io.LimitReader(f, limit+1))
	return content, exposed, err
}

// Restrict takes all rights to a file from all but its user.
func Restrict(path string) error { return os.Chmod(path, 0o600) }

// Replace writes a file anew with the mode 0600, so that other processes, and a
// machine that loses power, have the old one or the new one.
func Replace(path string, content []byte) error {
	return atomicfile.Replace(path, filepath.Base(path)+".*", func(f *os.File) error {
		_, err := f.Write(content)
		return err
	})
}

// Remove overwrites so many bytes of a file with zeros, and removes it. A disk may
// still have the bytes elsewhere: journals, snapshots, flash memory.
func Remove(path string, size int) error {
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
