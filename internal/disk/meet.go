package disk

import (
	"context"
	"errors"
	"io/fs"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// meet decides about the place of a file that is not there of this transfer,
// or puts it off until it is known whether what is there is the same.
func (f *Folder) meet(ctx context.Context, ff *folderFile, dir *openDir) error {
	info, err := dir.root.Lstat(ff.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the most frequent case, with a single look
	}
	at, base := ff.path, (*standing)(nil)
	if err == nil {
		base = f.comparable(ctx, ff, dir, info)
	}
	if base != nil && base.seen.size == ff.entry.Size {
		base.decide = func() (verdict, error) {
			look := parents{dest: f.dest, avoid: f.partial.info}
			defer look.close()
			in, name := split(at)
			dir, err := look.open(in)
			if err != nil {
				return verdict{}, f.refusal(ff.entry.Path, err)
			}
			return f.settle(ctx, dir, name, ff.entry)
		}
		ff.base = base
		return nil
	}
	v, err := f.settle(ctx, dir, ff.name, ff.entry)
	if err != nil {
		return err
	}
	ff.goTo(v)
	if v.replace {
		ff.base = base
	}
	return nil
}

// comparable is the file of the person's own at the place of ff, which info
// describes; nil if it is none that may have blocks of it, or if an interrupted transfer left some.
func (f *Folder) comparable(ctx context.Context, ff *folderFile, dir *openDir, info fs.FileInfo) *standing {
	if !info.Mode().IsRegular() || ff.entry.Kind != wire.KindFile || ff.listed || ff.ready {
		return nil
	}
	if _, ours := f.placedHere(dir, ff.name, info); ours {
		return nil
	}
	return &standing{path: ff.path, ctx: ctx, seen: stampOf(info)}
}
