package destination

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// dirs opens the folders that entries are in. Each element of a path has to be a
// folder itself: even a symlink that stays inside the destination is not followed.
// It keeps the last folder open, since entries come folder by folder, and a number
// of folders on the way to it.
type dirs struct {
	ctx   context.Context // it ends what waits for a descriptor
	base  *os.Root
	avoid fs.FileInfo // of the partial folder, under any name
	extra int         // how many to keep open beside the last one
	chain []*osfs.Dir // each is below the one before it; the last one is last
}

// notFolderError is the error for an element of a path that is not a folder.
type notFolderError struct {
	path string
	is   string
}

func (e *notFolderError) Error() string { return fmt.Sprintf("%s is %s, not a folder", e.path, e.is) }

// open opens the folder p, relative to the destination. It can be used until the
// next call.
func (d *dirs) open(p string) (*osfs.Dir, error) {
	for len(d.chain) > 0 && !leadsTo(d.last().Path, p) {
		_ = d.last().Close() // nothing was written to it
		d.chain = d.chain[:len(d.chain)-1]
	}
	if err := d.descend(p); err != nil {
		return nil, err
	}
	last := d.last()
	return last, last.Open(d.ctx)
}

// leadsTo reports whether the folder dir is p or on the way to it.
func leadsTo(dir, p string) bool {
	return dir == "" || strings.HasPrefix(p, dir) && (len(p) == len(dir) || p[len(dir)] == '/')
}

func (d *dirs) last() *osfs.Dir { return d.chain[len(d.chain)-1] }

// descend opens the rest of the way to the folder p.
func (d *dirs) descend(p string) error {
	if len(d.chain) == 0 {
		d.push(&osfs.Dir{Base: d.base, Root: d.base})
	}
	for at := d.last(); at.Path != p; at = d.last() {
		prefix := at.Path
		if prefix != "" {
			prefix += "/"
		}
		next, _, _ := strings.Cut(p[len(prefix):], "/")
		root, err := d.step(at.Root, prefix, next)
		if err != nil {
			return err
		}
		d.push(&osfs.Dir{Base: d.base, Path: prefix + next, Root: root})
	}
	return nil
}

// push makes dir the last folder, and closes the first one if there are too many.
func (d *dirs) push(dir *osfs.Dir) {
	d.chain = append(d.chain, dir)
	if len(d.chain) > 1+d.extra {
		_ = d.chain[0].Close()
		d.chain = slices.Delete(d.chain, 0, 1)
	}
}

func (d *dirs) step(at *os.Root, prefix, name string) (*os.Root, error) {
	info, err := at.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, &notFolderError{prefix + name, "a symlink"}
	case !info.IsDir():
		return nil, &notFolderError{prefix + name, "a file"}
	case d.avoid != nil && os.SameFile(info, d.avoid):
		return nil, &notFolderError{prefix + name, "tallow's own folder for this transfer"}
	}
	sub, err := osfs.OpenDir(d.ctx, at, name, info)
	if errors.Is(err, osfs.ErrReplaced) {
		return nil, &notFolderError{prefix + name, "being replaced"}
	}
	return sub, err
}

func (d *dirs) close() error {
	var errs []error
	for _, dir := range d.chain {
		errs = append(errs, dir.Close())
	}
	d.chain = nil
	return errors.Join(errs...)
}

// split returns the folder of a path, empty for the destination itself, and its
// last element.
func split(p string) (dir, name string) {
	dir, name = path.Split(p)
	return strings.TrimSuffix(dir, "/"), name
}
