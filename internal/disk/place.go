package disk

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"syscall"
)

// place renames the file to its name.
func (c *committing) place(ctx context.Context, look *parents) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	at, name := split(c.record.Path)
	dir, err := look.open(at)
	if err != nil {
		return c.f.refusal(c.file.entry.Path, err)
	}
	part := partName(c.file.id)
	if c.file.own == nil && !c.file.replace {
		err = moveNew(c.f.partial.openDir, dir, part, name)
		if errors.Is(err, fs.ErrExist) {
			err = c.placeOnTaken(dir, name)
		}
	} else {
		err = c.placeOnTaken(dir, name)
	}
	var skip *SkipError
	var exists *ExistsError
	if err == nil || errors.As(err, &skip) || errors.As(err, &exists) {
		return err
	}
	return c.f.placeError(c.file.entry.Path, err)
}

// placeOnTaken renames the file to a name at which there is something, or was
// at Prepare.
func (c *committing) placeOnTaken(dir *openDir, name string) error {
	ff := c.file
	part := partName(ff.id)
	info, err := dir.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return moveNew(c.f.partial.openDir, dir, part, name)
	}
	if err != nil {
		return err
	}
	flags, ours := c.f.placedHere(dir, name, info)
	own := ff.own != nil && identify(dir.root, name, info) == ff.own.Inode
	switch {
	case own:
		return moveOver(c.f.partial.openDir, dir, part, name)
	case ff.renamed || c.f.options.Policy == PolicyRename && !ours || ours && flags&placedRenamed != 0:
		return c.placeBeside(dir)
	case ours:
		return collision(ff.entry.Path)
	case info.IsDir():
		return refused(ff.entry.Path, "a folder is in its place", "a folder of the name is there now, which is not replaced", nil)
	case ff.replace || c.f.options.Policy == PolicyOverwrite:
		return moveOver(c.f.partial.openDir, dir, part, name)
	case c.f.options.Policy == PolicySkip:
		return refused(ff.entry.Path, "exists already", "skipped, because it is there already", nil)
	case c.f.options.Policy == PolicyFail:
		return &ExistsError{Path: c.record.Path}
	}
	return refused(ff.entry.Path, "appeared on the receiving side", "another program made a file of the name while this one was received: receive it again", nil)
}

// placeBeside renames the file to the next free name.
func (c *committing) placeBeside(dir *openDir) error {
	for {
		free, err := c.f.freeName(dir, c.file.name, c.file.entry.Path)
		if err != nil {
			return err
		}
		err = moveNew(c.f.partial.openDir, dir, partName(c.file.id), free)
		if errors.Is(err, fs.ErrExist) {
			continue // taken since freeName looked
		}
		if err == nil {
			c.record.Path, c.record.Flags = path.Join(dir.path, free), placedRenamed
			c.f.partial.journal.add(c.record)
		}
		return err
	}
}

// settled notes that the file is in place.
func (c *committing) settled() {
	f, ff := c.f, c.file
	f.notePlaced(c.record)
	f.mu.Lock()
	defer f.mu.Unlock()
	ff.path = c.record.Path
	f.inPlace.Add(c.record.Size)
	if ff.own != nil {
		f.inPlace.Add(-ff.own.Size) // it was replaced
	}
	f.worth = true
	delete(f.active, ff.id)
}

func (f *Folder) placeError(p string, err error) error {
	if errors.Is(err, syscall.EXDEV) {
		return refused(p, "its folder is on another disk", "its folder is the root of another disk: receive into that folder with --output", err)
	}
	return f.refusal(p, err)
}
