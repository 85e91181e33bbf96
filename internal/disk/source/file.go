package source

import (
	"os"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// openFile opens a file that Walk listed. inside is its path below the folder t,
// and empty if t is the file itself. Symlinks that lead out of t are not
// followed, whatever took the place of the file since the walk.
func (s *Paths) openFile(t *top, inside string, listed entry) (files.SourceFile, error) {
	var f *os.File
	var err error
	// Without O_NONBLOCK, a named pipe in the place of the file would block.
	if inside == "" {
		f, err = descriptors.Open(func() (*os.File, error) { return os.OpenFile(t.local, os.O_RDONLY|osfs.OpenNonblock, 0) })
	} else {
		f, err = s.openInside(t, inside)
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

func (s *Paths) openInside(t *top, inside string) (*os.File, error) {
	root, release, err := s.open(t)
	if err != nil {
		return nil, err
	}
	defer release()
	return descriptors.Open(func() (*os.File, error) { return root.OpenFile(inside, os.O_RDONLY|osfs.OpenNonblock, 0) })
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
	now, listed := osfs.StampOf(info), f.listed.stamp
	if now.Equal(f.opened) && now.Size == listed.Size && osfs.Nanoseconds(now.ModTime) == osfs.Nanoseconds(listed.ModTime) &&
		(listed.Number == 0 || listed.SameFile(now.Inode)) {
		return nil
	}
	return &Error{Path: f.listed.Path, Reason: "changed while it was sent", Err: files.ErrChanged}
}
