//go:build !unix

package osfs

import (
	"errors"
	"path"
)

func movesOf(from, to *Dir, old, name string) moves {
	older, newer := path.Join(from.Path, old), path.Join(to.Path, name)
	return moves{
		exclusive: func() error { return errors.ErrUnsupported },
		link:      func() error { return from.Base.Link(older, newer) },
		removeOld: func() error { return from.Base.Remove(older) },
		removeNew: func() error { return from.Base.Remove(newer) },
		look: func() error {
			_, err := to.Root.Lstat(name)
			return err
		},
		rename: func() error { return Replace(from, to, old, name) },
	}
}

// Replace renames the file old of the folder from to name in the folder to, and
// atomically replaces a file of that name.
func Replace(from, to *Dir, old, name string) error {
	return from.Base.Rename(path.Join(from.Path, old), path.Join(to.Path, name))
}

// SetLinkTime does nothing: symlinks keep the time at which they were made.
func SetLinkTime(*Dir, string, int64) error { return nil }
