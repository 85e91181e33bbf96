package destination

import (
	"errors"
	"io/fs"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// refused returns the refusal of the entry p: reason is for the peer, detail for
// the user.
func refused(p, reason, detail string, err error) *SkipError {
	return &SkipError{Path: p, Reason: reason, Detail: detail, Err: err}
}

// refusedCollision refuses an entry that would replace another one of this
// transfer: it is listed twice, or this disk does not distinguish the names (by
// case or Unicode normalization).
func refusedCollision(p string) *SkipError {
	return refused(p, "same name as another entry here", "another entry of this transfer has the same name on this disk", nil)
}

// refusedKept refuses an entry because what is there is to be kept.
func refusedKept(p string) *SkipError {
	return refused(p, "exists already", "it is there already", files.ErrKept)
}

// refusedAppeared refuses an entry whose name was free when it was announced.
func refusedAppeared(p string) *SkipError {
	return refused(p, "appeared on the receiving side", "another program made something of the name while this one was received", nil)
}

// refusedReplacement refuses an entry because a folder neither replaces anything nor
// is replaced. folder says that the entry is the folder.
func refusedReplacement(p string, folder bool) *SkipError {
	if folder {
		return refused(p, "a file is in the folder's place", "there is something else of the name, which a folder does not replace: move it away, or choose to rename what is received", nil)
	}
	return refused(p, "a folder is in its place", "a folder of the name is there, which is not replaced: move it away, or choose to rename what is received", nil)
}

// refusedChange refuses an entry because the existing file changed while it was
// compared.
func refusedChange(p string) *SkipError {
	return refused(p, "changed on the receiving side", "another program changed the file that is there while it was compared", nil)
}

// refuse returns the error for an entry that cannot have its place: a *SkipError
// if the entry alone is affected, else an error that ends the transfer.
func (t *tree) refuse(p string, err error) error {
	var not *notFolderError
	switch {
	case errors.As(err, &not):
		return refused(p, "its folder is no folder here", not.Error(), err)
	case errors.Is(err, fs.ErrNotExist):
		return refused(p, "its folder is not there", "the folder that it belongs into is not there", err)
	case errors.Is(err, fs.ErrPermission) && !osfs.IsReadOnly(err):
		return refused(p, "no permission on the receiving side", "this user may not write there", err)
	case errors.Is(err, fs.ErrExist):
		return refused(p, "appeared on the receiving side", "another program made something of the name while this one was received", err)
	case osfs.IsBadName(err):
		return refused(p, "the receiving disk does not take the name", "the disk does not take this name ("+oserror.Cause(err)+")", err)
	case osfs.IsFull(err):
		return t.writeError(err)
	}
	return &WriteError{Place: p, Err: err}
}

// refuseRename returns the error for an entry that could not be renamed to its
// place.
func (t *tree) refuseRename(p string, err error) error {
	if osfs.IsOtherDisk(err) {
		return refused(p, "its folder is on another disk", "its folder is the root of another disk", err)
	}
	return t.refuse(p, err)
}

// writeError returns a *SpaceError or *WriteError for an error of writing.
func (t *tree) writeError(err error) error {
	var write *WriteError
	var space *SpaceError
	switch {
	case err == nil, errors.As(err, &write), errors.As(err, &space):
		return err
	case osfs.IsFull(err):
		return t.space.full(err)
	}
	return &WriteError{Place: t.dir, Err: err}
}
