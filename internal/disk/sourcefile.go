package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// stamp is what tells that a file is as it was. Fields that a system does not
// have are 0.
type stamp struct {
	size  int64
	mtime time.Time
	inode
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), mtime: info.ModTime(), inode: inodeOf(info)}
}

func (s stamp) equal(t stamp) bool {
	return s.size == t.size && s.mtime.Equal(t.mtime) && s.inode == t.inode
}

// Open opens the file of an item that Walk yielded, for reading. Symlinks that
// lead out of the folder that is sent are not followed, whatever took the
// file's place since the walk.
func (s *Source) Open(item Item) (SourceFile, error) {
	t, rest, err := s.find(item)
	if err != nil {
		return nil, err
	}
	var f *os.File
	if rest == "" {
		f, err = os.OpenFile(t.local, os.O_RDONLY|openNonblock, 0)
	} else {
		f, err = s.openInside(t, rest)
	}
	if err != nil {
		return nil, unreadable(item.Path, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errReplaced
	}
	if err != nil {
		_ = f.Close()
		return nil, unreadable(item.Path, err)
	}
	return &localFile{File: f, item: item, opened: stampOf(info)}, nil
}

func unreadable(p string, err error) *Problem {
	return &Problem{Path: p, Reason: "cannot be read: " + cause(err), Err: err}
}

func (s *Source) find(item Item) (t *top, rest string, err error) {
	first, rest, _ := strings.Cut(item.Path, "/")
	t = s.named[first]
	if t == nil || item.Kind != wire.KindFile || item.Problem != nil {
		return nil, "", fmt.Errorf("%s is not a file that is sent", item.Path)
	}
	return t, rest, nil
}

func (s *Source) openInside(t *top, rest string) (*os.File, error) {
	root, release, err := s.open(t)
	if err != nil {
		return nil, err
	}
	defer release()
	// Without O_NONBLOCK a named pipe in the file's place would hold us here.
	return root.OpenFile(rest, os.O_RDONLY|openNonblock, 0)
}

// localFile is an open file of a Source.
type localFile struct {
	*os.File
	item   Item
	opened stamp
}

var errChanged = errors.New("it changed while it was sent")

func (f *localFile) Changed() error {
	info, err := f.Stat()
	if err != nil {
		return unreadable(f.item.Path, err)
	}
	now := stampOf(info)
	listed := f.item.stamp
	if now.equal(f.opened) && now.size == f.item.Size && nanoseconds(now.mtime) == f.item.MTime &&
		(listed.ino == 0 || listed.inode.same(now.inode)) {
		return nil
	}
	return &Problem{Path: f.item.Path, Reason: "changed while it was sent: send it again when nothing writes to it", Err: errChanged}
}

func (i inode) same(j inode) bool { return i.dev == j.dev && i.ino == j.ino }
