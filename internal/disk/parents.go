package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// openDir is an open folder of the destination. Operations on it reach what it
// was when it was opened, whatever has its name since.
type openDir struct {
	dest *os.Root // the destination
	path string   // relative to it; empty for the destination itself
	root *os.Root
	file *os.File // the same, where a descriptor is needed
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
	err := d.file.Close()
	if d.root != d.dest {
		err = errors.Join(err, d.root.Close())
	}
	return err
}

// parents opens the folders that entries lie in. Each element of a path has to
// be a folder itself: not even a symlink that stays inside the destination is
// followed. It keeps the last folder, since entries come folder by folder.
type parents struct {
	dest  *os.Root
	avoid fs.FileInfo // of the partial folder, under whatever name it is asked for
	last  *openDir
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
	if p.last != nil && p.last.path == name {
		return p.last, nil
	}
	at, rest := p.dest, name
	if p.last != nil && p.last.path != "" && strings.HasPrefix(name, p.last.path+"/") {
		at, rest = p.last.root, name[len(p.last.path)+1:]
	}
	root, err := p.descend(at, strings.TrimSuffix(name, rest), rest)
	if err != nil {
		return nil, err
	}
	next, err := newOpenDir(p.dest, name, root)
	if err != nil {
		if root != p.dest {
			_ = root.Close()
		}
		return nil, err
	}
	if err := p.close(); err != nil {
		return nil, errors.Join(err, next.close())
	}
	p.last = next
	return next, nil
}

// descend opens the folder rest of the folder at, whose path is prefix.
func (p *parents) descend(at *os.Root, prefix, rest string) (*os.Root, error) {
	start := at
	for rest != "" {
		name, more, _ := strings.Cut(rest, "/")
		sub, err := p.step(at, prefix, name)
		if at != start {
			_ = at.Close()
		}
		if err != nil {
			return nil, err
		}
		at, prefix, rest = sub, prefix+name+"/", more
	}
	return at, nil
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
	if p.last == nil {
		return nil
	}
	last := p.last
	p.last = nil
	return last.close()
}

// split is a path's folder, empty for the destination, and its last element.
func split(p string) (dir, name string) {
	dir, name = path.Split(p)
	return strings.TrimSuffix(dir, "/"), name
}
