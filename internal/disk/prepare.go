package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Prepare makes ready for the entry of that number; it is called once for every
// entry, in the order of the manifest. For files and streams it gives a File.
// A folder is made at once and a symlink by Finish: then the File is nil.
//
// A *SkipError refuses this entry alone. An *ExistsError ends the transfer;
// nothing of it is in place under a name that was taken. Every other error is of
// this machine's disk or of ctx, and ends it too. Where a file of the same size
// is in the entry's place, it is not decided here but by the File's WriteAt; ctx
// is that of the question then.
func (f *Folder) Prepare(ctx context.Context, number uint64, e wire.Entry) (File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := f.prepare(ctx, e)
	var skip *SkipError
	if errors.As(err, &skip) {
		f.log.Debug("entry refused", "number", number, "reason", skip.Reason)
	}
	if file == nil { // a nil *folderFile is not a nil File
		return nil, err
	}
	return file, err
}

func (f *Folder) prepare(ctx context.Context, e wire.Entry) (*folderFile, error) {
	final, err := f.admit(e)
	if err != nil {
		return nil, err
	}
	at, name := split(final)
	dir, err := f.parents.open(at)
	if err != nil {
		return nil, f.refusal(e.Path, err)
	}
	switch e.Kind {
	case wire.KindDir:
		return nil, f.prepareFolder(dir, name, final, e)
	case wire.KindSymlink:
		return nil, f.prepareLink(ctx, dir, name, final, e)
	}
	return f.prepareFile(ctx, dir, name, final, e)
}

// admit passes an entry's names through the gate and says where it goes,
// relative to the destination.
func (f *Folder) admit(e wire.Entry) (string, error) {
	if reason := f.rules.path(e.Path); reason != "" {
		return "", refused(e.Path, reason, "the name is not taken here: "+reason, nil)
	}
	top, rest, nested := strings.Cut(e.Path, "/")
	if _, ok := f.names[top]; !ok && f.names != nil {
		return "", refused(e.Path, "not part of the offer", "it is not part of what was offered", nil)
	}
	if e.Kind == wire.KindSymlink {
		if reason := f.rules.target(e.Path, e.Target); reason != "" {
			return "", refused(e.Path, reason, reason, nil)
		}
	}
	switch {
	case f.options.As == "":
		return e.Path, nil
	case nested:
		return f.options.As + "/" + rest, nil
	}
	return f.options.As, nil
}

func (f *Folder) prepareFolder(dir *openDir, name, final string, e wire.Entry) error {
	id := idOf(e.Path)
	keep := folderNote{path: final, mode: e.Mode & 0o777, mtime: e.MTime}
	err := dir.root.Mkdir(name, fs.FileMode(keep.mode)|0o700)
	switch {
	case err == nil:
		keep.ours = true
		f.partial.journal.add(placed{ID: id, Flags: placedFolder, Path: final})
		// At once: nothing else tells a later transfer that it is ours.
		if err := f.partial.journal.flush(); err != nil {
			return f.writeError(err)
		}
	case errors.Is(err, fs.ErrExist):
		info, err := dir.root.Lstat(name)
		if err != nil {
			return f.refusal(e.Path, err)
		}
		if !info.IsDir() || os.SameFile(info, f.partial.info) {
			return refused(e.Path, "a file is in the folder's place", "a folder cannot be made: there is something else of the name "+name, nil)
		}
		if keep.ours = f.madeBefore(id, final); keep.ours && info.Mode().Perm()&0o700 != 0o700 {
			// Finish had begun.
			if err := dir.root.Chmod(name, info.Mode().Perm()|0o700); err != nil {
				return f.refusal(e.Path, err)
			}
		}
	default:
		return f.refusal(e.Path, err)
	}
	return f.writeError(f.folders.add(keep.append(nil)))
}

// madeBefore says whether an interrupted transfer made the folder.
func (f *Folder) madeBefore(id uint64, final string) bool {
	at, ok := f.partial.account.at(id)
	if !ok {
		return false
	}
	r, err := f.partial.journal.placedAt(at)
	return err == nil && r.Flags&placedFolder != 0 && r.Path == final
}

func (f *Folder) prepareLink(ctx context.Context, dir *openDir, name, final string, e wire.Entry) error {
	v := verdict{name: name}
	if there, err := dir.root.Readlink(name); err == nil && there == e.Target {
		if f.partial.account.end == 0 {
			return nil // the person's own
		}
		// It may be from a Finish that was interrupted before its checks.
	} else if v, err = f.settle(ctx, dir, name, e); err != nil {
		return err
	}
	note := linkNote{path: path.Join(path.Dir(final), v.name), target: e.Target, mtime: e.MTime, replace: v.replace}
	return f.writeError(f.links.add(note.append(nil)))
}

func (f *Folder) prepareFile(ctx context.Context, dir *openDir, name, final string, e wire.Entry) (*folderFile, error) {
	ff := &folderFile{f: f, entry: e, id: idOf(e.Path), name: name, path: final, size: -1}
	if e.Kind == wire.KindFile {
		ff.size = e.Size
	}
	f.mu.Lock()
	_, twice := f.active[ff.id]
	f.mu.Unlock()
	if twice {
		return nil, refused(e.Path, "listed twice", "it is listed twice", nil)
	}
	if err := f.resume(ctx, ff, dir); err != nil {
		return nil, f.refusal(e.Path, err)
	}
	if ff.base == nil && ff.own == nil {
		if err := f.meet(ctx, ff, dir); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, fs.ErrClosed
	}
	f.active[ff.id] = ff
	return ff, nil
}
