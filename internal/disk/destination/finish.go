package destination

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// linkName is the name of a symlink in the partial folder before it is renamed.
const linkName = "link"

// maxUnfinished bounds the paths in a files.UnfinishedError.
const maxUnfinished = 100

// finishing is what Finish does.
type finishing struct {
	*tree
	ctx        context.Context
	look       dirs
	unfinished files.UnfinishedError
}

// run does it. Links come after all files, so that no file is written through one,
// and are checked when all of them are there, since each may change where others
// lead. Folders come last, because links change their times, and the inner ones
// first, because the mode of an outer one may forbid access.
func (e *finishing) run(links, folders *partial.Spool) error {
	if err := links.Forward(e.link); err != nil {
		return err
	}
	if err := links.Forward(e.checkLink); err != nil {
		return err
	}
	if err := folders.Backward(e.folder); err != nil {
		return err
	}
	if err := e.sync.whole(e.partial.File); err != nil {
		return err
	}
	return e.syncRoot()
}

// fail notes that something could not be finished.
func (e *finishing) fail(p, reason string) {
	if len(e.unfinished.Paths) < maxUnfinished {
		e.unfinished.Paths = append(e.unfinished.Paths, p)
		e.unfinished.Reasons = append(e.unfinished.Reasons, reason)
	}
	e.unfinished.Count++
}

// problems returns the *files.UnfinishedError, or nil if all is finished.
func (e *finishing) problems() error {
	if e.unfinished.Count == 0 {
		return nil
	}
	return &e.unfinished
}

// link makes one symlink.
func (e *finishing) link(note []byte) error {
	n, err := partial.ParseLinkNote(note)
	if err != nil {
		return err
	}
	if err := e.ctx.Err(); err != nil {
		return err
	}
	at, name := split(n.Path)
	dir, err := e.look.open(at)
	if err != nil {
		e.fail(n.Path, "the symlink could not be made: "+oserror.Cause(err))
		return nil
	}
	switch err = e.makeLink(dir, name, n); {
	case errors.Is(err, fs.ErrExist):
		if there, err := dir.Root.Readlink(name); err == nil && there == n.Target {
			return nil
		}
		e.fail(n.Path, "the symlink was not made, something of its name is there")
	case err != nil:
		e.fail(n.Path, "the symlink could not be made: "+oserror.Cause(err))
	default:
		if err := osfs.SetLinkTime(dir, name, n.MTime); err != nil {
			e.log.Debug("time of a symlink", "error", err) // many file systems keep none
		}
	}
	return nil
}

func (e *finishing) makeLink(dir *osfs.Dir, name string, n partial.LinkNote) error {
	err := dir.Root.Symlink(n.Target, name)
	if !errors.Is(err, fs.ErrExist) || !n.Replace {
		return err
	}
	info, lerr := dir.Root.Lstat(name)
	if lerr != nil {
		return lerr
	}
	if _, ours := e.placed.find(dir, name, info); ours || info.IsDir() {
		return err
	}
	own := e.partial
	if err := own.Root.Remove(linkName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := own.Root.Symlink(n.Target, linkName); err != nil {
		return err
	}
	return osfs.Replace(own.Dir, dir, linkName, name)
}

// checkLink removes a symlink that leads out of its top-level folder after all,
// through other symlinks.
func (e *finishing) checkLink(note []byte) error {
	n, err := partial.ParseLinkNote(note)
	if err != nil {
		return err
	}
	if err := e.ctx.Err(); err != nil {
		return err
	}
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

// folder sets the mode and time of one folder.
func (e *finishing) folder(note []byte) error {
	n, err := partial.ParseFolderNote(note)
	if err != nil {
		return err
	}
	if err := e.ctx.Err(); err != nil {
		return err
	}
	dir, err := e.look.open(n.Path)
	if err != nil {
		e.fail(n.Path, "the folder is gone: "+oserror.Cause(err))
		return nil
	}
	if !osfs.SyncsFilesystem {
		osfs.SyncDir(dir.File)
	}
	if !n.Ours {
		return nil
	}
	err = e.attributeErrors(
		dir.Root.Chtimes(".", noTime, time.Unix(0, n.MTime)),
		dir.Root.Chmod(".", notedMode(n.Mode)))
	if err != nil {
		e.fail(n.Path, "mode and time of the folder could not be set: "+oserror.Cause(err))
	}
	return nil
}

// syncRoot syncs the names in the destination itself.
func (e *finishing) syncRoot() error {
	if osfs.SyncsFilesystem {
		return nil
	}
	dir, err := e.look.open("")
	if err != nil {
		return err
	}
	osfs.SyncDir(dir.File)
	return nil
}
