package destination

import (
	"context"
	"errors"
	"path"
	"strings"
	"time"

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
	as      string // Options.As
	offered names.Offered
	moves   folderMoves
	parents dirs
	folders *partial.Spool // notes for Finish
	links   *partial.Spool // notes for Finish
}

func (p *preparation) openSpools() (err error) {
	if p.folders, err = partial.NewSpool(p.ctx, p.partial.Root, "folders"); err != nil {
		return err
	}
	p.links, err = partial.NewSpool(p.ctx, p.partial.Root, "links")
	return err
}

func (p *preparation) close() error {
	return errors.Join(p.parents.close(), p.folders.Close(), p.links.Close())
}

// entry gets ready for one entry. The file is nil if it is neither a file nor a
// stream.
func (p *preparation) entry(ctx context.Context, e files.Entry) (*file, error) {
	wanted, err := p.admit(e)
	if err != nil {
		return nil, err
	}
	final, ok := p.moves.of(wanted, e.Kind == files.KindDir)
	if !ok {
		return nil, refused(e.Path, "its folder is not taken", "its folder is not taken, as something else of the name is there already", files.ErrKept)
	}
	e.ModTime = timeOf(e)
	at, name := split(final)
	dir, err := p.parents.open(at)
	if err != nil {
		return nil, p.refuse(e.Path, err)
	}
	switch e.Kind {
	case files.KindDir:
		return nil, p.folder(ctx, dir, name, wanted, e)
	case files.KindSymlink:
		return nil, p.link(ctx, dir, name, e)
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

// admit checks the names of an entry and returns where it belongs, relative to the
// destination. Where it goes depends on folderMoves too.
func (p *preparation) admit(e files.Entry) (string, error) {
	if reason := p.rules.Path(e.Path); reason != "" {
		return "", refused(e.Path, reason, "the name is not taken here: "+reason, nil)
	}
	_, rest, nested := strings.Cut(e.Path, "/")
	if !p.offered.Has(e.Path) {
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

// link notes a symlink for Finish.
func (p *preparation) link(ctx context.Context, dir *osfs.Dir, name string, e files.Entry) error {
	d := decision{name: name}
	if there, err := dir.Root.Readlink(name); err == nil && there == e.Target {
		if p.partial.Account.End == 0 {
			return nil // the user's own, and the same
		}
		// It may be of a Finish that was interrupted before its checks.
	} else if d, err = p.decide(ctx, dir, name, e); err != nil {
		return err
	}
	note := partial.LinkNote{
		Name: e.Path, Taken: path.Join(dir.Path, name), Path: path.Join(dir.Path, d.name),
		Target: e.Target, MTime: e.ModTime.UnixNano(), Replace: d.replace,
	}
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
