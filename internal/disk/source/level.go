package source

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// readBatch is how many names of a folder are read at a time.
const readBatch = 1024

// level is a folder that the walk is inside of. It is closed while the walk is far
// below it, and opened again afterwards.
type level struct {
	paths  *Paths
	base   *top
	at     place
	info   fs.FileInfo
	parent *level // the folder that it is in, or that the symlink to it is in
	scope  scope

	root    *os.Root // nil while it is closed
	release func()   // closes root
	list    *os.File // its names; nil once it was left

	// Of a folder that was left: the names that list had not given yet, and how it
	// ended.
	rest []string
	end  error
}

// begin opens the folder and the list of its names.
func (l *level) begin(ctx context.Context) error {
	if err := l.open(ctx); err != nil {
		return err
	}
	list, err := descriptors.Open(ctx, func() (*os.File, error) { return l.root.Open(".") })
	if err != nil {
		l.close()
		return err
	}
	l.list = list
	return nil
}

// open opens the folder if it is closed. The error is osfs.ErrReplaced if another
// one has taken its place.
func (l *level) open(ctx context.Context) error {
	if l.root != nil {
		return nil
	}
	if p := l.parent; p != nil && p.root != nil && p.base == l.base {
		return l.openIn(ctx, p.root, path.Base(l.at.inside))
	}
	root, release, err := l.paths.open(ctx, l.base)
	if err != nil {
		return err
	}
	if l.at.inside == "" {
		l.root, l.release = root, release
		return nil
	}
	defer release()
	return l.openIn(ctx, root, l.at.inside)
}

func (l *level) openIn(ctx context.Context, dir *os.Root, name string) error {
	root, err := osfs.OpenDir(ctx, dir, name, l.info)
	if err != nil {
		return err
	}
	l.root, l.release = root, func() { _ = root.Close() }
	return nil
}

// next returns some names, or how the list of them ended.
func (l *level) next() ([]string, error) {
	if l.list != nil {
		return l.list.Readdirnames(readBatch)
	}
	names := l.rest
	l.rest = nil
	return names, l.end
}

// keep leaves the folders above the innermost n. The folder l may be nil.
func (l *level) keep(n int) {
	for ; l != nil && n > 0; n-- {
		l = l.parent
	}
	for ; l != nil && l.root != nil; l = l.parent {
		l.leave()
	}
}

// leave closes the folder for now. The names that are left are read to memory,
// since a list cannot be taken up where it was closed.
func (l *level) leave() {
	if l.list != nil {
		l.rest, l.end = l.list.Readdirnames(-1)
		if l.end == nil {
			l.end = io.EOF
		}
	}
	l.close()
}

// close closes what is open.
func (l *level) close() {
	if l.list != nil {
		_ = l.list.Close()
		l.list = nil
	}
	if l.root != nil {
		l.release()
		l.root = nil
	}
}
