package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// Paths is a files.Source of files and folders of this machine. It is safe for
// concurrent use.
type Paths struct {
	tops    []*top
	options Options

	mu    sync.Mutex
	roots int // how many are kept open
}

// Options are the settings of a Paths.
type Options struct {
	Links        Links
	RenameUnsafe bool // send entries whose names no machine takes under other names
	Descriptors  descriptors.Budget
}

// top is one path that the user gave, or what a symlink that is followed leads to.
type top struct {
	given     string // as the user gave it
	name      string // the first element of every path in it
	local     string // absolute
	info      fs.FileInfo
	temporary bool // its root is not kept open

	mu   sync.Mutex
	root *os.Root // of a folder, if it is kept open
}

// NewPaths returns a source of the paths that a user gave. It looks at each path,
// and at nothing below it. A path has to be a file or a folder, or a symlink to
// one, and no two may have the same name. The error is a *PathError.
func NewPaths(paths []string, o Options) (*Paths, error) {
	if len(paths) == 0 {
		return nil, &PathError{Fault: FaultNone}
	}
	s := &Paths{options: o}
	named := make(map[string]*top, len(paths))
	for _, p := range paths {
		t, err := newTop(p, o)
		if err != nil {
			return nil, err
		}
		if other := named[t.name]; other != nil {
			return nil, &PathError{Fault: FaultSameName, Path: other.local, Other: t.local}
		}
		s.tops = append(s.tops, t)
		named[t.name] = t
	}
	return s, nil
}

func newTop(p string, o Options) (*top, error) {
	if p == "" {
		return nil, &PathError{Fault: FaultEmpty}
	}
	local, err := filepath.Abs(p)
	if err != nil {
		return nil, &PathError{Fault: FaultNoCurrentFolder, Path: p, Err: err}
	}
	info, err := os.Stat(local)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if target, linkErr := os.Readlink(local); linkErr == nil {
			return nil, &PathError{Fault: FaultBrokenLink, Path: p, Other: target, Err: err}
		}
		return nil, &PathError{Fault: FaultMissing, Path: p, Err: err}
	case err != nil && osfs.IsLoop(err):
		return nil, &PathError{Fault: FaultLinkLoop, Path: p, Err: err}
	case err != nil:
		return nil, &PathError{Fault: FaultUnreadable, Path: p, Err: err}
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, &PathError{Fault: FaultSpecial, Path: p, Kind: kindOf(info.Mode())}
	}
	name := filepath.Base(local)
	if o.RenameUnsafe {
		name = names.Safe(name)
	}
	switch {
	case name == string(filepath.Separator) || name == ".":
		return nil, &PathError{Fault: FaultWholeDisk, Path: p}
	case !utf8.ValidString(name):
		return nil, &PathError{Fault: FaultNotUTF8, Path: p}
	}
	return &top{given: p, name: name, local: local, info: info}, nil
}

// kindOf returns what a special file is.
func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "named pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

// Names returns the names of the paths, in the order in which they were given.
func (s *Paths) Names() []string {
	all := make([]string, len(s.tops))
	for i, t := range s.tops {
		all[i] = t.name
	}
	return all
}

// Close closes the folders that are kept open. Files that were opened stay open.
func (s *Paths) Close() error {
	var errs []error
	for _, t := range s.tops {
		t.mu.Lock()
		if t.root != nil {
			errs = append(errs, t.root.Close())
			t.root = nil
		}
		t.mu.Unlock()
	}
	s.mu.Lock()
	s.roots = 0
	s.mu.Unlock()
	return errors.Join(errs...)
}

// open returns the root of a top-level folder, and what to call when it is no
// longer used. Nothing in the folder leads outside through it.
func (s *Paths) open(t *top) (*os.Root, func(), error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.root != nil {
		return t.root, func() {}, nil
	}
	root, err := descriptors.Open(func() (*os.Root, error) { return os.OpenRoot(t.local) })
	if err != nil {
		return nil, nil, err
	}
	// The path may lead elsewhere than when the user gave it.
	if info, err := root.Stat("."); err != nil || !os.SameFile(info, t.info) {
		_ = root.Close()
		return nil, nil, errors.Join(osfs.ErrReplaced, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.temporary || s.roots >= s.options.Descriptors.Roots() {
		return root, func() { _ = root.Close() }, nil
	}
	s.roots++
	t.root = root
	return root, func() {}, nil
}
