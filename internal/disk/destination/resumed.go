package destination

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
)

// resumed sets the state of a file, which belongs into dir, to what an interrupted
// transfer left of it. What the journal says is checked.
func (p *preparation) resumed(ctx context.Context, f *file, dir *osfs.Dir) error {
	a := p.partial.Account
	_, begun := a.Blocks[f.id]
	if begun {
		f.state, f.unclaimed.listed = statePartial, true
	}
	at, ok := a.Placed(f.id)
	if !ok {
		return nil
	}
	r, err := p.partial.Journal.PlacedAt(at)
	if err != nil || r.Flags&journal.PlacedFolder != 0 {
		return err
	}
	renamed := r.Flags&journal.PlacedRenamed != 0
	in, name := split(r.Path)
	if in != dir.Path || name != f.name && (!renamed || !p.sameName()) {
		return nil // it was received under another name (Options.As)
	}
	is, err := describes(r, dir.Root, name)
	switch {
	case err != nil:
		return err
	case !is:
		whole, err := describes(r, p.partial.Root, partial.Name(f.id))
		if whole {
			f.state = stateComplete
		}
		return err
	case begun:
		f.state, f.previous = stateUpdating, versionOf(r)
	default:
		f.state = stateInPlace
		f.existing = &existing{tree: p.tree, entry: f.entry, kind: existingOurs, record: r, path: r.Path, ctx: ctx}
	}
	f.place.set(r.Path, renamed)
	return nil
}

// describes reports whether the file of a record is at name in dir, unchanged.
func describes(r journal.Placed, dir *os.Root, name string) (bool, error) {
	info, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return info.Mode().IsRegular() && info.Size() == r.Size && osfs.Nanoseconds(info.ModTime()) == r.MTime &&
		osfs.FileID(dir, name, info) == r.Inode, nil
}
