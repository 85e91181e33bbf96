package destination

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// maxUnfinished bounds the paths in a files.UnfinishedError.
const maxUnfinished = 100

// finishing is what Finish does.
type finishing struct {
	*conflicts
	ctx        context.Context
	look       dirs
	unfinished files.UnfinishedError
}

// run does it. Links come after all files, so that no file is written through one.
// Folders come last, because links change their times, and the inner ones
// first, because the mode of an outer one may forbid access.
func (e *finishing) run(links, folders *partial.Spool) error {
	if err := e.links(links); err != nil {
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

// keep notes that something was not made because what is there is to be kept.
func (e *finishing) keep(p, reason string) {
	if len(e.unfinished.Kept) < maxUnfinished {
		e.unfinished.Kept = append(e.unfinished.Kept, p)
		e.unfinished.KeptReasons = append(e.unfinished.KeptReasons, reason)
	}
	e.unfinished.KeptCount++
}

// problems returns the *files.UnfinishedError, or nil if all is finished.
func (e *finishing) problems() error {
	if e.unfinished.Count == 0 && e.unfinished.KeptCount == 0 {
		return nil
	}
	return &e.unfinished
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
