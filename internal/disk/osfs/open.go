package osfs

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/tallow-transfer/tallow/internal/descriptors"
)

// ErrReplaced says that something else took the place of a file or folder
// between looking at it and opening it.
var ErrReplaced = errors.New("it was replaced by something else")

// OpenDir opens the folder name of dir, which info describes. An os.Root follows
// symlinks as long as they stay inside it; OpenDir returns ErrReplaced for a
// symlink or anything else that took the place of the folder since info was made. If
// no descriptor is left, it waits for one until ctx ends.
func OpenDir(ctx context.Context, dir *os.Root, name string, info fs.FileInfo) (*os.Root, error) {
	sub, err := descriptors.Open(ctx, func() (*os.Root, error) { return dir.OpenRoot(name) })
	if err != nil {
		return nil, err
	}
	got, err := sub.Stat(".")
	if err == nil && !os.SameFile(got, info) {
		err = ErrReplaced
	}
	if err != nil {
		_ = sub.Close()
		return nil, err
	}
	return sub, nil
}

// OpenRegular opens the regular file name of root for reading. For a symlink, a
// pipe or anything else of that name the error is ErrReplaced. It waits as OpenDir does.
func OpenRegular(ctx context.Context, root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	listed, err := root.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	f, err := descriptors.Open(ctx, func() (*os.File, error) { return root.OpenFile(name, os.O_RDONLY|OpenNonblock, 0) })
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && (!info.Mode().IsRegular() || !os.SameFile(listed, info)) {
		err = ErrReplaced
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}
