//go:build unix

package destination

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Which errors are of one entry, and which of the disk.
func TestRefusal(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	box := &osfs.Dir{Base: root, Root: root}
	if err := box.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	p := &partial.Folder{Dir: box}
	f := &tree{dir: "dest", root: root, partial: p}
	f.space.dir, f.space.root, f.space.partial = "dest", root, p
	tests := []struct {
		err  error
		want any
	}{
		{syscall.ENAMETOOLONG, new(*SkipError)},
		{syscall.EILSEQ, new(*SkipError)},
		{syscall.EINVAL, new(*SkipError)},
		{syscall.EACCES, new(*SkipError)},
		{syscall.EPERM, new(*SkipError)},
		{syscall.ENOENT, new(*SkipError)},
		{syscall.EEXIST, new(*SkipError)},
		{&notFolderError{"a", "a symlink"}, new(*SkipError)},
		{syscall.ENOSPC, new(*SpaceError)},
		{syscall.EDQUOT, new(*SpaceError)},
		{syscall.EIO, new(*WriteError)},
		{syscall.EROFS, new(*WriteError)},
	}
	for _, tt := range tests {
		err := f.refuse("a/b", &fs.PathError{Op: "open", Path: "b", Err: tt.err})
		if !errors.As(err, tt.want) || !errors.Is(err, tt.err) {
			t.Errorf("%v gives %T: %v", tt.err, err, err)
		}
		var skip *SkipError
		if errors.As(err, &skip) && (skip.Path != "a/b" || skip.Reason == "" || skip.Detail == "" || len(skip.Reason) > wire.MaxSkipReason) {
			t.Errorf("%+v", skip)
		}
	}
	for _, fatal := range []error{syscall.EIO, syscall.EROFS} {
		err := f.refuse("a/b", fatal)
		if errors.As(err, new(*SkipError)) || !errors.Is(err, fatal) {
			t.Errorf("%v gives %T: %v", fatal, err, err)
		}
	}
}
