package destination

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// madeFolder is a folder that was made for an entry, or that is used for it.
type madeFolder struct {
	name    string // in its folder
	renamed bool   // name is not its own, because of a conflict
	ours    bool   // this transfer made it, perhaps before it was interrupted
}

// folder makes a folder, or uses the one that is there. If something else has its
// place the conflict policy applies, and what is in the folder goes the same way.
// wanted is where the folder would be if none of the folders on the way had moved.
func (p *preparation) folder(ctx context.Context, dir *osfs.Dir, name, wanted string, e files.Entry) error {
	f, err := p.makeFolder(ctx, dir, name, e)
	if errors.Is(err, files.ErrKept) {
		p.moves[wanted] = ""
	}
	if err != nil {
		return err
	}
	at := path.Join(dir.Path, f.name)
	if f.renamed {
		p.moves[wanted] = at
		p.tellRenamed(Renamed{Name: e.Path, Taken: path.Join(dir.Path, name), Path: at})
	}
	note := partial.FolderNote{Ours: f.ours, Path: at, Mode: noteMode(p.modes.of(e.Kind, e.Mode)), MTime: e.ModTime.UnixNano()}
	return p.writeError(p.folders.Add(note.Append(nil)))
}

// makeFolder makes the folder that belongs at name in dir.
func (p *preparation) makeFolder(ctx context.Context, dir *osfs.Dir, name string, e files.Entry) (madeFolder, error) {
	if before, ok := p.renamedBefore(dir, e); ok {
		ours, err := p.useFolder(dir, before, e)
		return madeFolder{name: before, renamed: true, ours: ours}, err
	}
	err := p.mkdir(dir, name, 0, e)
	if errors.Is(err, fs.ErrExist) {
		return p.folderOnTaken(ctx, dir, name, e)
	}
	return madeFolder{name: name, ours: true}, err
}

// folderOnTaken uses the folder at name in dir. If that is something else, it applies
// the conflict policy.
func (p *preparation) folderOnTaken(ctx context.Context, dir *osfs.Dir, name string, e files.Entry) (madeFolder, error) {
	info, err := dir.Root.Lstat(name)
	switch {
	case err != nil:
		return madeFolder{}, p.refuse(e.Path, err)
	case os.SameFile(info, p.partial.Info):
		return madeFolder{}, refused(e.Path, "its name is in use on the receiving side", "tallow's own folder for this transfer has the name "+name, nil)
	case info.IsDir():
		ours, err := p.useFolder(dir, name, e)
		return madeFolder{name: name, ours: ours}, err
	}
	if _, err := p.decideOn(ctx, dir, name, e, info); err != nil {
		return madeFolder{}, err
	}
	return p.folderBeside(dir, name, e) // nothing is replaced by a folder
}

// folderBeside makes the folder with the next free name.
func (p *preparation) folderBeside(dir *osfs.Dir, name string, e files.Entry) (madeFolder, error) {
	for {
		free, err := p.freeName(dir, name, e.Path)
		if err != nil {
			return madeFolder{}, err
		}
		err = p.mkdir(dir, free, journal.PlacedRenamed, e)
		if errors.Is(err, fs.ErrExist) {
			continue // taken since freeName looked
		}
		return madeFolder{name: free, renamed: true, ours: true}, err
	}
}

// mkdir makes a folder and records it. If name is taken, the error is a fs.ErrExist.
func (p *preparation) mkdir(dir *osfs.Dir, name string, flags journal.PlacedFlags, e files.Entry) error {
	if err := dir.Root.Mkdir(name, inUse(p.modes.of(e.Kind, e.Mode))); err != nil {
		return p.refuse(e.Path, err)
	}
	p.partial.Journal.Add(journal.Placed{ID: partial.ID(e.Path), Flags: journal.PlacedFolder | flags, Path: path.Join(dir.Path, name)})
	// Flushed at once: nothing else tells a later transfer that it is ours.
	return p.writeError(p.partial.Journal.Flush())
}

// useFolder uses the folder that is at name in dir, and reports whether an
// interrupted transfer made it.
func (p *preparation) useFolder(dir *osfs.Dir, name string, e files.Entry) (ours bool, err error) {
	info, err := dir.Root.Lstat(name)
	if err != nil {
		return false, p.refuse(e.Path, err)
	}
	r, made := p.folderBefore(e)
	if ours = made && r.Path == path.Join(dir.Path, name); ours && info.Mode().Perm()&0o700 != 0o700 {
		// Finish was interrupted after it had set the mode.
		if err := dir.Root.Chmod(name, info.Mode()&(fs.ModePerm|fs.ModeSticky)|0o700); err != nil {
			return ours, p.refuse(e.Path, err)
		}
	}
	return ours, nil
}

// renamedBefore returns the name under which an interrupted transfer made the folder
// in dir, because its own was taken. It is false if it did not, or if there is no
// folder of that name any more.
func (p *preparation) renamedBefore(dir *osfs.Dir, e files.Entry) (string, bool) {
	r, ok := p.folderBefore(e)
	if !ok || r.Flags&journal.PlacedRenamed == 0 || !p.sameName() {
		return "", false
	}
	in, name := split(r.Path)
	if in != dir.Path {
		return "", false
	}
	info, err := dir.Root.Lstat(name)
	return name, err == nil && info.IsDir() && !os.SameFile(info, p.partial.Info)
}

// folderBefore returns the record of the folder that an interrupted transfer made.
func (p *preparation) folderBefore(e files.Entry) (r journal.Placed, ok bool) {
	at, ok := p.partial.Account.Placed(partial.ID(e.Path))
	if !ok {
		return r, false
	}
	r, err := p.partial.Journal.PlacedAt(at)
	return r, err == nil && r.Flags&journal.PlacedFolder != 0
}

// sameName reports whether the interrupted transfer had the same Options.As.
func (p *preparation) sameName() bool { return p.as == p.partial.Account.As }
