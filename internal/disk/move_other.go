//go:build !unix

package disk

import (
	"errors"
	"io/fs"
	"path"
)

// moveNew renames old of from to name of to, which must not be there: then the
// error is fs.ErrExist. A link never replaces; where there are none, what looks
// is not what renames.
func moveNew(from, to *openDir, old, name string) error {
	older, newer := path.Join(from.path, old), path.Join(to.path, name)
	err := from.dest.Link(older, newer)
	switch {
	case err == nil:
		return from.dest.Remove(older)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, err := to.root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fs.ErrExist, err)
	}
	return moveOver(from, to, old, name)
}

// moveOver renames old of from to name of to, in the place of what is there.
func moveOver(from, to *openDir, old, name string) error {
	return from.dest.Rename(path.Join(from.path, old), path.Join(to.path, name))
}

// setLinkTime does nothing: symlinks keep the time at which they were made.
func setLinkTime(*openDir, string, int64) error { return nil }
