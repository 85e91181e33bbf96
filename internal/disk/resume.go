package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// resume finds out whether an interrupted transfer got as far as the commit of
// the file, which belongs into dir. The journal alone is not believed.
func (f *Folder) resume(ctx context.Context, ff *folderFile, dir *openDir) error {
	a := f.partial.account
	_, begun := a.blocks[ff.id]
	ff.listed = begun
	at, ok := a.at(ff.id)
	if !ok {
		return nil
	}
	r, err := f.partial.journal.placedAt(at)
	if err != nil || r.Flags&placedFolder != 0 {
		return err
	}
	renamed := r.Flags&placedRenamed != 0
	in, name := split(r.Path)
	if in != dir.path || (name != ff.name && !renamed) {
		return nil // it was received under another name (Options.As)
	}
	switch is, err := r.describes(dir.root, name); {
	case err != nil:
		return err
	case !is:
		ff.ready, err = r.describes(f.partial.root, partName(ff.id))
		return err
	case begun:
		ff.own = &r
	default:
		ff.base = &standing{path: r.Path, ours: &r, ctx: ctx}
	}
	ff.path, ff.renamed = r.Path, renamed
	return nil
}

// describes says whether the file of a record is at name in dir, and is as the
// record has it.
func (r placed) describes(dir *os.Root, name string) (bool, error) {
	info, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return info.Mode().IsRegular() && info.Size() == r.Size && nanoseconds(info.ModTime()) == r.MTime &&
		identify(dir, name, info) == r.Inode, nil
}
