package source

import (
	"context"
	"io"
	"os"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// listed is a file that Walk has listed.
type listed struct {
	ctx    context.Context
	paths  *Paths
	top    *top
	inside string // its path below top; empty if it is top itself
	entry  entry
}

func (l *listed) open() (files.SourceFile, error) {
	return l.paths.openFile(l.ctx, l.top, l.inside, l.entry)
}

// read reads the file as files.Item.Read says.
func (l *listed) read(p []byte) (int, error) {
	dir, err := l.paths.dir(l.ctx, l.top)
	if err != nil {
		return 0, unreadable(l.entry.Path, err)
	}
	if dir != nil {
		r, ok, err := osfs.ReadFile(l.ctx, dir, l.inside, p)
		switch {
		case err != nil:
			return r.N, unreadable(l.entry.Path, err)
		case ok:
			return r.N, l.entry.compare(r.Before, r.After)
		}
	}
	f, err := l.open()
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, err := f.ReadAt(p, 0)
	if err != nil && err != io.EOF {
		return n, unreadable(l.entry.Path, err)
	}
	return n, f.Changed()
}

// openFile opens a file that Walk listed. inside is its path below the folder t,
// and empty if t is the file itself. Symlinks that lead out of t are not
// followed, whatever took the place of the file since the walk.
func (s *Paths) openFile(ctx context.Context, t *top, inside string, listed entry) (files.SourceFile, error) {
	var f *os.File
	var err error
	// Without O_NONBLOCK, a named pipe in the place of the file would block.
	if inside == "" {
		f, err = descriptors.Open(ctx, func() (*os.File, error) { return os.OpenFile(t.local, os.O_RDONLY|osfs.OpenNonblock, 0) })
	} else {
		f, err = s.openInside(ctx, t, inside)
	}
	if err != nil {
		return nil, unreadable(listed.Path, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = osfs.ErrReplaced
	}
	if err != nil {
		_ = f.Close()
		return nil, unreadable(listed.Path, err)
	}
	file := &localFile{File: f, listed: listed, opened: osfs.StampOf(info)}
	if listed.Kind == files.KindStream {
		return localStream{file}, nil
	}
	return file, nil
}

func (s *Paths) openInside(ctx context.Context, t *top, inside string) (*os.File, error) {
	root, release, err := s.open(ctx, t)
	if err != nil {
		return nil, err
	}
	defer release()
	return descriptors.Open(ctx, func() (*os.File, error) { return root.OpenFile(inside, os.O_RDONLY|osfs.OpenNonblock, 0) })
}

// localFile is an open file of Paths.
type localFile struct {
	*os.File
	listed entry
	opened osfs.Stamp
}

// Changed compares the file with what it was when it was listed and when it was
// opened.
func (f *localFile) Changed() error {
	info, err := f.Stat()
	if err != nil {
		return unreadable(f.listed.Path, err)
	}
	return f.listed.compare(f.opened, osfs.StampOf(info))
}

// compare returns an error if a file changed since it was listed, or between being opened and
// now.
func (e *entry) compare(opened, now osfs.Stamp) error {
	if now.Equal(opened) && now.Size == e.stamp.Size && osfs.Nanoseconds(now.ModTime) == osfs.Nanoseconds(e.stamp.ModTime) &&
		(e.stamp.Number == 0 || e.stamp.SameFile(now.Inode)) {
		return nil
	}
	return &Error{Path: e.Path, Reason: "changed while it was sent", Err: files.ErrChanged}
}
