package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// openDir is an open folder of the destination. Operations on it reach what it
// was when it was opened, whatever has its name since.
type openDir struct {
	dest *os.Root // the destination
	path string   // relative to it; empty for the destination itself
	root *os.Root
	file *os.File // the same, for its descriptor
}

func newOpenDir(dest *os.Root, p string, root *os.Root) (*openDir, error) {
	file, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	return &openDir{dest: dest, path: p, root: root, file: file}, nil
}

// close closes the folder, but not the destination.
func (d *openDir) close() error {
	var err error
	if d.file != nil {
		err = d.file.Close()
	}
	if d.root != d.dest {
		err = errors.Join(err, d.root.Close())
	}
	return err
}

// leadsTo says whether the folder p is the destination or on the way to it.
func (d *openDir) leadsTo(p string) bool {
	return d.path == "" || strings.HasPrefix(p, d.path) && (len(p) == len(d.path) || p[len(d.path)] == '/')
}

// parents opens the folders that entries lie in. Each element of a path has to
// be a folder itself: not even a symlink that stays inside the destination is
// followed. It keeps the last folder, since entries come folder by folder, and
// as many more on the way to it as it is told to.
type parents struct {
	dest  *os.Root
	avoid fs.FileInfo // of the partial folder, under whatever name it is asked for
	more  int         // how many to keep beside the last one
	chain []*openDir  // each is below the one before it; the last one is last
}

// notAFolder is an element of a path that has to be a folder and is not one.
type notAFolder struct {
	path string
	is   string
}

func (e *notAFolder) Error() string { return fmt.Sprintf("%s is %s, not a folder", e.path, e.is) }

// open opens the folder p, relative to the destination. It is good until the
// next call.
func (p *parents) open(name string) (*openDir, error) {
	for len(p.chain) > 0 && !p.last().leadsTo(name) {
		_ = p.last().close() // nothing was written to it
		p.chain = p.chain[:len(p.chain)-1]
	}
	if err := p.descend(name); err != nil {
		return nil, err
	}
	last := p.last()
	if last.file == nil {
		file, err := last.root.Open(".")
		if err != nil {
			return nil, err
		}
		last.file = file
	}
	return last, nil
}

func (p *parents) last() *openDir { return p.chain[len(p.chain)-1] }

// descend opens what is missing of the way to the folder name.
func (p *parents) descend(name string) error {
	if len(p.chain) == 0 {
		p.push(&openDir{dest: p.dest, root: p.dest})
	}
	for at := p.last(); at.path != name; at = p.last() {
		prefix := at.path
		if prefix != "" {
			prefix += "/"
		}
		next, _, _ := strings.Cut(name[len(prefix):], "/")
		root, err := p.step(at.root, prefix, next)
		if err != nil {
			return err
		}
		p.push(&openDir{dest: p.dest, path: prefix + next, root: root})
	}
	return nil
}

// push makes d the last folder and lets go of those that are too many.
func (p *parents) push(d *openDir) {
	p.chain = append(p.chain, d)
	if len(p.chain) > 1+p.more {
		_ = p.chain[0].close()
		p.chain = slices.Delete(p.chain, 0, 1)
	}
}

func (p *parents) step(at *os.Root, prefix, name string) (*os.Root, error) {
	info, err := at.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, &notAFolder{prefix + name, "a symlink"}
	case !info.IsDir():
		return nil, &notAFolder{prefix + name, "a file"}
	case p.avoid != nil && os.SameFile(info, p.avoid):
		return nil, &notAFolder{prefix + name, "tallow's own folder for this transfer"}
	}
	sub, err := openFolder(at, name, info)
	if errors.Is(err, errReplaced) {
		return nil, &notAFolder{prefix + name, "being replaced"}
	}
	return sub, err
}

func (p *parents) close() error {
	var errs []error
	for _, d := range p.chain {
		errs = append(errs, d.close())
	}
	p.chain = nil
	return errors.Join(errs...)
}

// split is a path's folder, empty for the destination, and its last element.
func split(p string) (dir, name string) {
	dir, name = path.Split(p)
	return strings.TrimSuffix(dir, "/"), name
}
