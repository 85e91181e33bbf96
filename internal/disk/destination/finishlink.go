package destination

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// linkName is the name of a symlink in the partial folder before it is renamed.
const linkName = "link"

// links makes the symlinks. They are checked when all of them are there, since each
// may change where others lead.
func (e *finishing) links(notes *partial.Spool) error {
	moved := make(map[int]string) // by number of the note: what something took since Prepare
	err := e.eachLink(notes, func(i int, n partial.LinkNote) error {
		at, err := e.link(n)
		if err == nil && at != n.Path {
			moved[i] = at
		}
		return err
	})
	if err != nil {
		return err
	}
	return e.eachLink(notes, func(i int, n partial.LinkNote) error {
		if at, ok := moved[i]; ok {
			n.Path = at
		}
		return e.checkLink(n)
	})
}

// eachLink calls visit with each note and its number.
func (e *finishing) eachLink(notes *partial.Spool, visit func(int, partial.LinkNote) error) error {
	i := -1
	return notes.Forward(func(note []byte) error {
		i++
		n, err := partial.ParseLinkNote(note)
		if err != nil {
			return err
		}
		if err := e.ctx.Err(); err != nil {
			return err
		}
		return visit(i, n)
	})
}

// link makes one symlink and returns where it is. The error ends the transfer.
func (e *finishing) link(n partial.LinkNote) (at string, err error) {
	in, _ := split(n.Path)
	dir, err := e.look.open(in)
	if err != nil {
		e.fail(n.Path, "the symlink could not be made: "+oserror.Cause(err))
		return n.Path, nil
	}
	at, err = e.placeLink(dir, n)
	var skip *SkipError
	var exists *ExistsError
	switch {
	case err == nil && at != n.Taken:
		e.tellRenamed(Renamed{Name: n.Name, Taken: n.Taken, Path: at})
	case err == nil:
	case errors.As(err, &exists):
		return n.Path, err
	case errors.Is(err, files.ErrKept):
		e.keep(n.Path, refusedKept(n.Name).Detail)
	case errors.As(err, &skip):
		e.fail(n.Path, "the symlink was not made: "+skip.Detail)
	default:
		e.fail(n.Path, "the symlink could not be made: "+oserror.Cause(err))
	}
	if err != nil {
		return n.Path, nil
	}
	return at, nil
}

// placeLink makes a symlink in its place, or where the conflict policy says, if
// something has taken that.
func (e *finishing) placeLink(dir *osfs.Dir, n partial.LinkNote) (at string, err error) {
	_, name := split(n.Path)
	err = dir.Root.Symlink(n.Target, name)
	if errors.Is(err, fs.ErrExist) {
		return e.placeLinkOnTaken(dir, name, n)
	}
	if err != nil {
		return "", err
	}
	e.markLink(dir, name, n)
	return n.Path, nil
}

func (e *finishing) placeLinkOnTaken(dir *osfs.Dir, name string, n partial.LinkNote) (at string, err error) {
	if there, err := dir.Root.Readlink(name); err == nil && there == n.Target {
		return n.Path, nil
	}
	info, err := dir.Root.Lstat(name)
	if err != nil {
		return "", err
	}
	flags, ours := e.placed.find(dir, name, info)
	before := decision{name: name, renamed: n.Path != n.Taken, replace: n.Replace}
	d, err := e.decideLate(n.Name, n.Path, before, info, flags, ours)
	switch {
	case err != nil:
		return "", err
	case d.renamed:
		return e.placeLinkBeside(dir, n)
	}
	if err := e.replaceByLink(dir, name, n); err != nil {
		return "", err
	}
	e.markLink(dir, name, n)
	return n.Path, nil
}

// placeLinkBeside makes a symlink with the next free name.
func (e *finishing) placeLinkBeside(dir *osfs.Dir, n partial.LinkNote) (at string, err error) {
	_, name := split(n.Taken)
	for {
		free, err := e.freeName(dir, name, n.Name)
		if err != nil {
			return "", err
		}
		err = dir.Root.Symlink(n.Target, free)
		if errors.Is(err, fs.ErrExist) {
			continue // taken since freeName looked
		}
		if err != nil {
			return "", err
		}
		e.markLink(dir, free, n)
		return path.Join(dir.Path, free), nil
	}
}

// replaceByLink makes a symlink that replaces what has its name.
func (e *finishing) replaceByLink(dir *osfs.Dir, name string, n partial.LinkNote) error {
	own := e.partial
	if err := own.Root.Remove(linkName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := own.Root.Symlink(n.Target, linkName); err != nil {
		return err
	}
	return osfs.Replace(own.Dir, dir, linkName, name)
}

// markLink sets the time of a symlink, and notes that it is in place, so that no
// other one replaces it.
func (e *finishing) markLink(dir *osfs.Dir, name string, n partial.LinkNote) {
	if err := osfs.SetLinkTime(dir, name, n.MTime); err != nil {
		e.log.Debug("time of a symlink", "error", err) // many file systems keep none
	}
	info, err := dir.Root.Lstat(name)
	if err != nil {
		return
	}
	e.placed.add(journal.Placed{Inode: osfs.FileID(dir.Root, name, info), Size: info.Size(), MTime: osfs.Nanoseconds(info.ModTime())})
}

// checkLink removes a symlink that leads out of its top-level folder after all,
// through other symlinks.
func (e *finishing) checkLink(n partial.LinkNote) error {
	top, rest, _ := strings.Cut(n.Path, "/")
	dir, err := e.look.open(top)
	if err != nil || names.ResolvesInside(dir.Root, rest) {
		return nil // if it is not there, link has said so
	}
	at, name := split(n.Path)
	if dir, err = e.look.open(at); err != nil {
		return nil
	}
	if there, err := dir.Root.Readlink(name); err != nil || there != n.Target {
		return nil // not the one that link made
	}
	if err := dir.Root.Remove(name); err != nil {
		return err
	}
	e.fail(n.Path, "the symlink leads out of the folder "+top+" and was removed")
	return nil
}
