package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unicode/utf8"
)

// Source is files and folders of this machine that are sent. It is safe for
// concurrent use.
type Source struct {
	tops  []*top
	named map[string]*top

	mu    sync.Mutex
	roots int // that are kept open
}

// top is one path that the person gave.
type top struct {
	name  string // its name on the wire: the first element of every path in it
	local string // absolute
	info  fs.FileInfo

	mu   sync.Mutex
	root *os.Root // of a folder, once it is open and if it is kept so
}

// maxRoots bounds the folders that are kept open, so that sending a thousand
// of them at once does not use up the descriptors.
const maxRoots = 32

// NewSource takes the paths that a person gave and looks at each of them, and
// at nothing in them: it has to be there, to be a file or a folder (a symlink
// is followed), and no two may have the same name. The errors are for people.
func NewSource(paths []string) (*Source, error) {
	if len(paths) == 0 {
		return nil, errors.New("there is nothing to send: name files or folders")
	}
	s := &Source{named: make(map[string]*top, len(paths))}
	for _, p := range paths {
		t, err := newTop(p)
		if err != nil {
			return nil, err
		}
		if other := s.named[t.name]; other != nil {
			return nil, fmt.Errorf("%s and %s have the same name and would end up in one place: send them one after the other, or rename one", other.local, t.local)
		}
		s.tops = append(s.tops, t)
		s.named[t.name] = t
	}
	return s, nil
}

func newTop(p string) (*top, error) {
	if p == "" {
		return nil, errors.New("one of the paths to send is empty: check the command")
	}
	local, err := filepath.Abs(p)
	if err != nil {
		return nil, fmt.Errorf("the current folder cannot be found (%s): give the whole path of %s", cause(err), p)
	}
	info, err := os.Stat(local)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no %s: check the path", p)
	case err != nil:
		return nil, &Problem{Path: p, Reason: "cannot be read: " + cause(err), Err: err}
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is a %s, not a file or a folder: to send what it gives, use it as standard input of \"tallow send -\"", p, kindOf(info.Mode()))
	}
	name := filepath.Base(local)
	switch {
	case name == string(filepath.Separator) || name == ".":
		return nil, fmt.Errorf("%s is a whole file system and has no name: send the folders in it", p)
	case !utf8.ValidString(name):
		return nil, fmt.Errorf("the name of %q is not UTF-8: rename it first", p)
	}
	return &top{name: name, local: local, info: info}, nil
}

// kindOf says what a special file is.
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

// Names are the names of the paths that are sent, in the order they were given.
func (s *Source) Names() []string {
	names := make([]string, len(s.tops))
	for i, t := range s.tops {
		names[i] = t.name
	}
	return names
}

// Close closes the folders that are held open. Files that Open gave stay open.
func (s *Source) Close() error {
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

// open gives the root of a top-level folder and what to call after its use.
// Nothing in the folder can lead outside through it.
func (s *Source) open(t *top) (*os.Root, func(), error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.root != nil {
		return t.root, func() {}, nil
	}
	root, err := os.OpenRoot(t.local)
	if err != nil {
		return nil, nil, err
	}
	// The path could lead elsewhere than when the person gave it.
	if info, err := root.Stat("."); err != nil || !os.SameFile(info, t.info) {
		_ = root.Close()
		return nil, nil, errors.Join(errReplaced, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.roots >= maxRoots {
		return root, func() { _ = root.Close() }, nil
	}
	s.roots++
	t.root = root
	return root, func() {}, nil
}

var errReplaced = errors.New("it was replaced by something else")
