package destination

import (
	"context"
	"errors"
	"io/fs"
	"path"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// place renames the file to its final name.
func (s *sealedFile) place(ctx context.Context, look *dirs) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	at, name := split(s.record.Path)
	dir, err := look.open(at)
	if err != nil {
		return s.refuse(s.file.entry.Path, err)
	}
	if s.over == placeOnFree {
		err = s.move(dir, name)
		if errors.Is(err, fs.ErrExist) {
			err = s.placeOnTaken(dir, name)
		}
	} else {
		err = s.placeOnTaken(dir, name)
	}
	var skip *SkipError
	var exists *ExistsError
	if err == nil || errors.As(err, &skip) || errors.As(err, &exists) {
		return err
	}
	return s.refuseRename(s.file.entry.Path, err)
}

// move renames the file to a name that is free.
func (s *sealedFile) move(dir *osfs.Dir, name string) error {
	return osfs.Move(s.partial.Dir, dir, s.file.part.Name(), name)
}

// replace renames the file and replaces the one that has the name.
func (s *sealedFile) replace(dir *osfs.Dir, name string) error {
	return osfs.Replace(s.partial.Dir, dir, s.file.part.Name(), name)
}

// placeOnTaken renames the file to a name that is taken, or was when it was
// prepared.
func (s *sealedFile) placeOnTaken(dir *osfs.Dir, name string) error {
	info, err := dir.Root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return s.move(dir, name)
	}
	if err != nil {
		return err
	}
	if s.over == placeOverOwn && osfs.FileID(dir.Root, name, info) == s.previous.inode {
		return s.replace(dir, name)
	}
	flags, ours := s.tree.placed.find(dir, name, info)
	before := decision{name: name, renamed: s.record.Flags&journal.PlacedRenamed != 0, replace: s.over == placeOverAny}
	d, err := s.decideLate(s.file.entry.Path, s.record.Path, before, info, flags, ours)
	switch {
	case err != nil:
		return err
	case d.renamed:
		return s.placeBeside(dir)
	}
	return s.replace(dir, name)
}

// placeBeside renames the file to the next free name.
func (s *sealedFile) placeBeside(dir *osfs.Dir) error {
	for {
		free, err := s.freeName(dir, s.file.name, s.file.entry.Path)
		if err != nil {
			return err
		}
		err = s.move(dir, free)
		if errors.Is(err, fs.ErrExist) {
			continue // taken since freeName looked
		}
		if err == nil {
			s.record.Path, s.record.Flags = path.Join(dir.Path, free), journal.PlacedRenamed
			s.partial.Journal.Add(s.record)
		}
		return err
	}
}

// markPlaced notes that the file is in place.
func (s *sealedFile) markPlaced() {
	s.tree.placed.add(s.record)
	s.file.place.set(s.record.Path, s.record.Flags&journal.PlacedRenamed != 0)
	s.space.inPlace.Add(s.record.Size)
	if s.over == placeOverOwn {
		s.space.inPlace.Add(-s.previous.size) // it was replaced
	}
	s.claims.resume.keep()
	s.active.remove(s.file)
}
