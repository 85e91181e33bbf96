package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"
)

// ErrNotSendable is the error of an Item that is neither a file nor a folder nor
// a symbolic link: a named pipe, a socket or a device.
var ErrNotSendable = errors.New("neither a file, a folder nor a symbolic link")

// FS returns a Source that sends parts of fsys: each of roots, which are paths
// in fsys, under its last element; or, without roots or for the root ".", every
// top-level entry of fsys. No two of them may have the same name.
//
// A root that is a symbolic link is followed. Below it links are sent as links;
// that takes an fsys that is an fs.ReadLinkFS, and with any other they are Items
// with Err. Files and folders have the modes that fsys gives them, except that
// those without any permission, as they are common in file systems kept in
// memory, have 0644 and 0755.
//
// Walk is sorted by name. It keeps the list of one folder for each level of
// depth in memory. Count and Walk return an error if fsys cannot list its
// top-level entries, or if roots are wrong.
//
// The files are read as fast as fsys allows: with ReadAt where they have it,
// else with Seek. A file that has neither is read from its beginning to its end.
// A few MiB before the current position are kept for reads that come slightly
// out of order; a read before these opens the file again and reads up to it.
func FS(fsys fs.FS, roots ...string) Source {
	s := &fsSource{fsys: fsys}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	taken := make(map[string]bool)
	for _, root := range roots {
		tops, err := topsOf(fsys, root)
		if err != nil {
			return &fsSource{err: err}
		}
		for _, t := range tops {
			if taken[t.name] {
				return &fsSource{err: fmt.Errorf("files: two roots are named %q", t.name)}
			}
			taken[t.name] = true
			s.tops = append(s.tops, t)
		}
	}
	return s
}

// topsOf returns what a root stands for.
func topsOf(fsys fs.FS, root string) ([]fsTop, error) {
	if !fs.ValidPath(root) {
		return nil, &fs.PathError{Op: "open", Path: root, Err: fs.ErrInvalid}
	}
	if root != "." {
		info := func() (fs.FileInfo, error) { return fs.Stat(fsys, root) }
		return []fsTop{{path: root, name: path.Base(root), info: info}}, nil
	}
	list, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var tops []fsTop
	for _, e := range list {
		info := e.Info
		if _, ok := fsys.(fs.ReadLinkFS); ok { // what it says is new, while e may be of long before the walk
			info = func() (fs.FileInfo, error) { return fs.Lstat(fsys, e.Name()) }
		}
		tops = append(tops, fsTop{path: e.Name(), name: e.Name(), info: info})
	}
	return tops, nil
}

// fsSource implements FS.
type fsSource struct {
	fsys fs.FS
	tops []fsTop
	err  error // of Count and Walk
}

// fsTop is one top-level entry.
type fsTop struct {
	path string // in the file system
	name string // in the transfer
	info func() (fs.FileInfo, error)
}

func (s *fsSource) Names() []string {
	names := make([]string, len(s.tops))
	for i, t := range s.tops {
		names[i] = t.name
	}
	return names
}

func (s *fsSource) Count(ctx context.Context) (Totals, error) {
	totals := Totals{Known: true}
	err := s.Walk(ctx, func(it Item) error {
		if it.Err == nil && it.Kind == KindFile {
			totals.Files++
			totals.Bytes += it.Size
		}
		return nil
	})
	totals.Stored = totals.Bytes
	return totals, err
}

func (s *fsSource) Walk(ctx context.Context, yield func(Item) error) error {
	if s.err != nil {
		return s.err
	}
	for _, t := range s.tops {
		info, err := t.info()
		if err := s.walk(ctx, t.path, t.name, info, err, yield); err != nil {
			return err
		}
	}
	return nil
}

// walk yields the entry at p, which is called name in the transfer, and what is
// in it. infoErr is the error with which its info could not be had.
func (s *fsSource) walk(ctx context.Context, p, name string, info fs.FileInfo, infoErr error, yield func(Item) error) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if infoErr != nil {
		return yield(notSent(name, infoErr))
	}
	e := Entry{Path: name, Mode: info.Mode() & modeBits, ModTime: info.ModTime()}
	switch info.Mode().Type() {
	case 0:
		e.Kind, e.Size, e.Mode = KindFile, info.Size(), orMode(e.Mode, 0o644)
		return yield(Item{Entry: e, Open: func() (SourceFile, error) { return openFS(s.fsys, p, e) }})
	case fs.ModeDir:
		e.Kind, e.Mode = KindDir, orMode(e.Mode, 0o755)
		if err := yield(Item{Entry: e}); err != nil {
			return err
		}
		return s.folder(ctx, p, name, yield)
	case fs.ModeSymlink:
		target, err := fs.ReadLink(s.fsys, p)
		if err != nil {
			return yield(notSent(name, err))
		}
		e.Kind, e.Target = KindSymlink, target
		return yield(Item{Entry: e})
	}
	return yield(notSent(name, ErrNotSendable))
}

// folder yields what is in a folder.
func (s *fsSource) folder(ctx context.Context, p, name string, yield func(Item) error) error {
	list, listErr := fs.ReadDir(s.fsys, p)
	for _, d := range list {
		info, err := d.Info()
		if err := s.walk(ctx, path.Join(p, d.Name()), name+"/"+d.Name(), info, err, yield); err != nil {
			return err
		}
	}
	if listErr != nil {
		return yield(notSent(name, listErr))
	}
	return nil
}

// modeBits are the bits of Entry.Mode.
const modeBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// orMode returns mode, or another one if mode allows nothing.
func orMode(mode, other fs.FileMode) fs.FileMode {
	if mode.Perm() == 0 {
		return mode | other
	}
	return mode
}

// notSent is the Item of an entry that cannot be sent. The path in a PathError
// is that in the file system, which is of no interest beside the entry's.
func notSent(name string, err error) Item {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return Item{Entry: Entry{Path: name}, Err: err}
}

// openFS opens the file at p, which was listed as e.
func openFS(fsys fs.FS, p string, e Entry) (SourceFile, error) {
	f, err := fsys.Open(p)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: p, Err: ErrChanged}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &fsFile{
		readerAt: readerAtOf(f, func() (fs.File, error) { return fsys.Open(p) }),
		size:     e.Size,
		modTime:  e.ModTime,
	}, nil
}

// sameFile says whether a file is as it was listed.
func sameFile(info fs.FileInfo, size int64, modTime time.Time) bool {
	return info.Mode().IsRegular() && info.Size() == size && info.ModTime().Equal(modTime)
}
