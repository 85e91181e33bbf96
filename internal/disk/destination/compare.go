package destination

import (
	"context"
	"errors"
	"io/fs"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// compare decides about the place of a file that this transfer has not put there,
// or postpones that until it is known whether the existing file is the same.
func (p *preparation) compare(ctx context.Context, f *file, dir *osfs.Dir) error {
	info, err := dir.Root.Lstat(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // by far the most frequent case, with a single system call
	}
	at, x := f.Path(), (*existing)(nil)
	if err == nil && p.policy != PolicySkip { // which keeps what is there, whatever it is
		x = p.comparable(ctx, f, dir, info)
	}
	if x != nil && x.seen.Size == f.entry.Size {
		x.kind = existingUndecided
		x.decide = func() (decision, error) { return p.decideAt(ctx, at, f.entry) }
		f.state, f.existing = stateExisting, x
		return nil
	}
	d, err := p.decide(ctx, dir, f.name, f.entry)
	if err != nil {
		return err
	}
	f.place.move(d)
	if d.replace && x != nil {
		x.kind = existingDecided
		f.state, f.existing = stateExisting, x
	}
	return nil
}

// comparable returns the user's file in the place of f, which info describes. It is
// nil if that is not a file that may have blocks of f, or if an interrupted
// transfer left some of f.
func (p *preparation) comparable(ctx context.Context, f *file, dir *osfs.Dir, info fs.FileInfo) *existing {
	if !info.Mode().IsRegular() || f.entry.Kind != files.KindFile || f.state != stateNew {
		return nil
	}
	if _, ours := p.placed.find(dir, f.name, info); ours {
		return nil
	}
	return &existing{tree: p.tree, entry: f.entry, path: f.Path(), ctx: ctx, seen: osfs.StampOf(info)}
}

// decideAt decides about an entry at the path at, whose folder is looked up again.
func (c *conflicts) decideAt(ctx context.Context, at string, e files.Entry) (decision, error) {
	look := c.dirs(0)
	defer look.close()
	in, name := split(at)
	dir, err := look.open(in)
	if err != nil {
		return decision{}, c.refuse(e.Path, err)
	}
	return c.decide(ctx, dir, name, e)
}
