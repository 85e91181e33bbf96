package disk

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"
)

// linkName is of a symlink in the partial folder on its way to its place.
const linkName = "link"

// keepWays is how many folders on the way to the last one Finish keeps open: it
// goes from the innermost out, and would look each up from the top again.
const keepWays = 64

// Finish makes the symlinks, gives the folders their modes and times, waits
// until all of it is durable, and removes what the transfer kept beside the
// files. Nothing can be resumed after it. A *PartialError says that all else is
// in place.
func (f *Folder) Finish(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	end := &finishing{f: f, ctx: ctx, look: parents{dest: f.dest, avoid: f.partial.info, more: keepWays}}
	defer end.look.close()
	// Links come after all files, so that no file is written through one; they
	// are checked when all are there, since each may change where others lead.
	// Folders come last and inner ones first, since the mode of an outer one
	// may close it and links change times.
	for _, step := range []func() error{
		func() error { return f.links.forward(end.link) },
		func() error { return f.links.forward(end.checkLink) },
		func() error { return f.folders.backward(end.folder) },
		func() error { return f.syncs.whole(f.partial.file) },
		end.syncDest,
	} {
		if err := step(); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return f.writeError(err)
		}
	}
	if err := f.leave(true); err != nil {
		f.log.Warn("tallow's own folder could not be removed", "error", err)
	}
	return end.problems.orNil()
}

type finishing struct {
	f        *Folder
	ctx      context.Context
	look     parents
	problems PartialError
}

func (e *finishing) problem(p, reason string, err error) {
	e.problems.add(&Problem{Path: p, Reason: reason, Err: err})
}

// link makes one symlink.
func (e *finishing) link(note []byte) error {
	n, err := parseLinkNote(note)
	if err != nil {
		return err
	}
	if err := e.ctx.Err(); err != nil {
		return err
	}
	at, name := split(n.path)
	dir, err := e.look.open(at)
	if err != nil {
		e.problem(n.path, "the symlink could not be made: "+cause(err), err)
		return nil
	}
	switch err = e.makeLink(dir, name, n); {
	case errors.Is(err, fs.ErrExist):
		if there, err := dir.root.Readlink(name); err == nil && there == n.target {
			return nil
		}
		e.problem(n.path, "the symlink was not made, something of its name is there", nil)
	case err != nil:
		e.problem(n.path, "the symlink could not be made: "+cause(err), err)
	default:
		if err := setLinkTime(dir, name, n.mtime); err != nil {
			e.f.log.Debug("time of a symlink", "error", err) // many file systems keep none
		}
	}
	return nil
}

func (e *finishing) makeLink(dir *openDir, name string, n linkNote) error {
	err := dir.root.Symlink(n.target, name)
	if !errors.Is(err, fs.ErrExist) || !n.replace {
		return err
	}
	info, lerr := dir.root.Lstat(name)
	if lerr != nil {
		return lerr
	}
	if _, ours := e.f.placedHere(dir, name, info); ours || info.IsDir() {
		return err
	}
	own := e.f.partial
	if err := own.root.Remove(linkName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := own.root.Symlink(n.target, linkName); err != nil {
		return err
	}
	return moveOver(own.openDir, dir, linkName, name)
}

// checkLink removes a symlink that leads out of its top-level folder in the
// end, through other symlinks.
func (e *finishing) checkLink(note []byte) error {
	n, err := parseLinkNote(note)
	if err != nil {
		return err
	}
	if err := e.ctx.Err(); err != nil {
		return err
	}
	top, rest, _ := strings.Cut(n.path, "/")
	dir, err := e.look.open(top)
	if err != nil || resolvesInside(dir.root, rest) {
		return nil // link has said so, if it is not there
	}
	at, name := split(n.path)
	if dir, err = e.look.open(at); err != nil {
		return nil
	}
	if there, err := dir.root.Readlink(name); err != nil || there != n.target {
		return nil // not ours
	}
	if err := dir.root.Remove(name); err != nil {
		return err
	}
	e.problem(n.path, "the symlink leads out of the folder "+top+" and was removed", nil)
	return nil
}

// folder gives one folder its mode and time.
func (e *finishing) folder(note []byte) error {
	n, err := parseFolderNote(note)
	if err != nil {
		return err
	}
	if err := e.ctx.Err(); err != nil {
		return err
	}
	dir, err := e.look.open(n.path)
	if err != nil {
		e.problem(n.path, "the folder is gone: "+cause(err), err)
		return nil
	}
	if !syncsWhole {
		syncFolder(dir.file)
	}
	if !n.ours {
		return nil
	}
	err = e.f.attributes(
		dir.root.Chtimes(".", time.Time{}, time.Unix(0, n.mtime)),
		dir.root.Chmod(".", fs.FileMode(n.mode)))
	if err != nil {
		e.problem(n.path, "mode and time of the folder could not be set: "+cause(err), err)
	}
	return nil
}

// syncDest syncs the names in the destination itself.
func (e *finishing) syncDest() error {
	if syncsWhole {
		return nil
	}
	dir, err := e.look.open("")
	if err != nil {
		return err
	}
	syncFolder(dir.file)
	return nil
}
