//go:build !unix

package osfs

import (
	"errors"
	"io/fs"
	"path"
)

// Move renames the file old of the folder from to name in the folder to. The
// error is fs.ErrExist if anything has that name. Move makes a link and removes
// the old name, since a link never replaces anything. A file system without links
// leaves a short time in which a file that appears at name is replaced.
func Move(from, to *Dir, old, name string) error {
	older, newer := path.Join(from.Path, old), path.Join(to.Path, name)
	err := from.Base.Link(older, newer)
	switch {
	case err == nil:
		return from.Base.Remove(older)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, err := to.Root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fs.ErrExist, err)
	}
	return Replace(from, to, old, name)
}

// Replace renames the file old of the folder from to name in the folder to, and
// atomically replaces a file of that name.
func Replace(from, to *Dir, old, name string) error {
	return from.Base.Rename(path.Join(from.Path, old), path.Join(to.Path, name))
}

// SetLinkTime does nothing: symlinks keep the time at which they were made.
func SetLinkTime(*Dir, string, int64) error { return nil }
