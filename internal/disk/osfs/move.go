package osfs

import (
	"errors"
	"io/fs"
)

// Move renames the file old of the folder from to name in the folder to. The
// error is fs.ErrExist if anything has that name.
//
// Where the system or the file system cannot rename without replacing, a link is
// made and the old name removed, since a link never replaces anything. Where that
// does not work either, as on FAT, exFAT, many network shares and FUSE, a file that
// appears at name in the instant between looking and renaming is replaced.
func Move(from, to *Dir, old, name string) error { return movesOf(from, to, old, name).move() }

// moves are the calls that can be tried to move one file.
type moves struct {
	exclusive func() error // renames and replaces nothing
	link      func() error // gives the file its new name beside the old one
	removeOld func() error
	removeNew func() error
	look      func() error // fs.ErrNotExist if the new name is free
	rename    func() error // renames, and replaces what has the new name
}

// move tries the calls, the safest first. There is no list of errors with which a
// file system says that it does not have a call, since each has its own: after any
// error the next call is tried, and the error of the last one counts.
func (m moves) move() error {
	if err := m.exclusive(); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	switch err := m.link(); {
	case errors.Is(err, fs.ErrExist):
		return err
	case err == nil:
		return m.afterLink()
	}
	return m.renameToFree()
}

// afterLink removes the old name of a file that has both. If it stays, the link
// is taken back and the file renamed.
func (m moves) afterLink() error {
	if err := m.removeOld(); err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if m.removeNew() == nil {
		return m.renameToFree()
	}
	return m.rename() // the new name is this file, so nothing else is replaced
}

func (m moves) renameToFree() error {
	switch err := m.look(); {
	case err == nil:
		return fs.ErrExist
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return m.rename()
}
