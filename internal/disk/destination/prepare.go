package destination

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// preparation gets ready for entries. It is used by one goroutine at a time.
type preparation struct {
	*conflicts
	claims  *claims
	active  *activeFiles
	rules   names.Rules
	as      string              // Options.As
	offered map[string]struct{} // what entries may begin with; nil if that is not known
	parents dirs
	folders *partial.Spool // notes for Finish
	links   *partial.Spool // notes for Finish
}

func (p *preparation) openSpools() (err error) {
	if p.folders, err = partial.NewSpool(p.partial.Root, "folders"); err != nil {
		return err
	}
	p.links, err = partial.NewSpool(p.partial.Root, "links")
	return err
}

func (p *preparation) close() error {
	return errors.Join(p.parents.close(), p.folders.Close(), p.links.Close())
}

// entry gets ready for one entry. The file is nil if it is neither a file nor a
// stream.
func (p *preparation) entry(ctx context.Context, e files.Entry) (*file, error) {
	final, err := p.admit(e)
	if err != nil {
		return nil, err
	}
	e.ModTime = timeOf(e)
	at, name := split(final)
	dir, err := p.parents.open(at)
	if err != nil {
		return nil, p.refuse(e.Path, err)
	}
	switch e.Kind {
	case files.KindDir:
		return nil, p.folder(dir, name, final, e)
	case files.KindSymlink:
		return nil, p.link(ctx, dir, name, final, e)
	}
	return p.file(ctx, dir, name, final, e)
}

// timeOf returns the modification time of an entry within the range that can be
// stored. The zero Time stands for 1970.
func timeOf(e files.Entry) time.Time {
	if e.ModTime.IsZero() {
		return time.Unix(0, 0)
	}
	return time.Unix(0, osfs.Nanoseconds(e.ModTime))
}

// admit checks the names of an entry and returns where it goes, relative to the
// destination.
func (p *preparation) admit(e files.Entry) (string, error) {
	if reason := p.rules.Path(e.Path); reason != "" {
		return "", refused(e.Path, reason, "the name is not taken here: "+reason, nil)
	}
	top, rest, nested := strings.Cut(e.Path, "/")
	if _, ok := p.offered[top]; !ok && p.offered != nil {
		return "", refused(e.Path, "not part of the offer", "it is not part of what was offered", nil)
	}
	if e.Kind == files.KindSymlink {
		if reason := p.rules.Target(e.Path, e.Target); reason != "" {
			return "", refused(e.Path, reason, reason, nil)
		}
	}
	switch {
	case p.as == "":
		return e.Path, nil
	case nested:
		return p.as + "/" + rest, nil
	}
	return p.as, nil
}

// folder makes a folder, or uses the one that is there.
func (p *preparation) folder(dir *osfs.Dir, name, final string, e files.Entry) error {
	mode := p.modes.of(e.Kind, e.Mode)
	note := partial.FolderNote{Path: final, Mode: noteMode(mode), MTime: e.ModTime.UnixNano()}
	err := dir.Root.Mkdir(name, inUse(mode))
	switch {
	case err == nil:
		note.Ours = true
		p.partial.Journal.Add(journal.Placed{ID: partial.ID(e.Path), Flags: journal.PlacedFolder, Path: final})
		// Flushed at once: nothing else tells a later transfer that it is ours.
		if err := p.partial.Journal.Flush(); err != nil {
			return p.writeError(err)
		}
	case errors.Is(err, fs.ErrExist):
		if note.Ours, err = p.existingFolder(dir, name, final, e); err != nil {
			return err
		}
	default:
		return p.refuse(e.Path, err)
	}
	return p.writeError(p.folders.Add(note.Append(nil)))
}

// existingFolder checks the folder that is in the place of one, and reports
// whether an interrupted transfer made it.
func (p *preparation) existingFolder(dir *osfs.Dir, name, final string, e files.Entry) (ours bool, err error) {
	info, err := dir.Root.Lstat(name)
	if err != nil {
		return false, p.refuse(e.Path, err)
	}
	if !info.IsDir() || os.SameFile(info, p.partial.Info) {
		return false, refused(e.Path, "a file is in the folder's place", "a folder cannot be made: there is something else of the name "+name, nil)
	}
	if ours = p.madeBefore(partial.ID(e.Path), final); ours && info.Mode().Perm()&0o700 != 0o700 {
		// Finish was interrupted after it had set the mode.
		if err := dir.Root.Chmod(name, info.Mode()&(fs.ModePerm|fs.ModeSticky)|0o700); err != nil {
			return ours, p.refuse(e.Path, err)
		}
	}
	return ours, nil
}

// madeBefore reports whether an interrupted transfer made the folder.
func (p *preparation) madeBefore(id uint64, final string) bool {
	at, ok := p.partial.Account.Placed(id)
	if !ok {
		return false
	}
	r, err := p.partial.Journal.PlacedAt(at)
	return err == nil && r.Flags&journal.PlacedFolder != 0 && r.Path == final
}

// link notes a symlink for Finish.
func (p *preparation) link(ctx context.Context, dir *osfs.Dir, name, final string, e files.Entry) error {
	d := decision{name: name}
	if there, err := dir.Root.Readlink(name); err == nil && there == e.Target {
		if p.partial.Account.End == 0 {
			return nil // the user's own, and the same
		}
		// It may be of a Finish that was interrupted before its checks.
	} else if d, err = p.decide(ctx, dir, name, e); err != nil {
		return err
	}
	note := partial.LinkNote{Path: path.Join(path.Dir(final), d.name), Target: e.Target, MTime: e.ModTime.UnixNano(), Replace: d.replace}
	return p.writeError(p.links.Add(note.Append(nil)))
}

// file gets ready for a file or a stream.
func (p *preparation) file(ctx context.Context, dir *osfs.Dir, name, final string, e files.Entry) (*file, error) {
	f := newFile(p.tree, p.claims, p.active, e, name, final)
	if p.active.has(f.id) {
		return nil, refused(e.Path, "listed twice", "it is listed twice", nil)
	}
	if err := p.resumed(ctx, f, dir); err != nil {
		return nil, p.refuse(e.Path, err)
	}
	if f.state != stateInPlace && f.state != stateUpdating {
		if err := p.compare(ctx, f, dir); err != nil {
			return nil, err
		}
	}
	if err := p.active.add(f); err != nil {
		return nil, err
	}
	return f, nil
}
