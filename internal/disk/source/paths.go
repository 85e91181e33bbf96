package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/ignore"
)

// Paths is a files.Source of files and folders of this machine. It is safe for
// concurrent use.
type Paths struct {
	tops     []*top
	excluded []entry // paths of the user that are left out
	options  Options
	rules    *ignore.Rules

	mu    sync.Mutex
	roots int // how many are kept open
}

// Options are the settings of a Paths.
type Options struct {
	Links        Links
	RenameUnsafe bool // send entries whose names no machine takes under other names
	Rules        []ignore.Rule
	GitIgnore    bool // leave out what Git ignores, and .git
	Descriptors  descriptors.Budget
}

// top is one path that the user gave, or what a symlink that is followed leads to.
type top struct {
	given     string // as the user gave it
	own       string // its name
	name      string // the first element of every path in it: own, or another one where two have that
	local     string // absolute
	info      fs.FileInfo
	temporary bool  // its root is not kept open
	scope     scope // of the folder that it is in
	included  bool  // a rule includes it

	mu   sync.Mutex
	root *os.Root // of a folder, if it is kept open
	dir  *os.File // the same folder, if it is kept open for its descriptor
}

// NewPaths returns a source of the paths that a user gave. It looks at each path,
// and at nothing below it. ctx bounds how long it waits where no descriptor is left. A path has to be a file or a folder, or a symlink to
// one. One that is given twice counts once. Of several with the same name the first
// keeps it, and the others have numbered ones: "name (1)". The error is a *PathError
// or an *ignore.PatternError.
func NewPaths(ctx context.Context, paths []string, o Options) (*Paths, error) {
	if len(paths) == 0 {
		return nil, &PathError{Fault: FaultNone}
	}
	rules, err := ignore.NewRules(o.Rules, foldsCase)
	if err != nil {
		return nil, err
	}
	s := &Paths{options: o, rules: rules}
	var tops []*top
	for _, p := range paths {
		t, err := newTop(p, o)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(tops, func(other *top) bool { return other.local == t.local }) {
			tops = append(tops, t)
		}
	}
	for _, t := range tops {
		switch reason, err := s.judge(ctx, t); {
		case err != nil:
			return nil, err
		case reason != "":
			s.excluded = append(s.excluded, filteredEntry(t.own, t.info, reason))
		default:
			s.tops = append(s.tops, t)
		}
	}
	numberNames(s.tops)
	return s, nil
}

// numberNames gives the tops names that differ.
func numberNames(tops []*top) {
	taken := make(map[string]bool, len(tops))
	for _, t := range tops {
		taken[t.name] = true
	}
	first := make(map[string]bool, len(tops))
	for _, t := range tops {
		if !first[t.name] {
			first[t.name] = true
			continue
		}
		name := t.name
		for n := 1; taken[name]; n++ {
			name = names.Numbered(t.name, n)
		}
		t.name, taken[name], first[name] = name, true, true
	}
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
	return &top{given: p, own: name, name: name, local: local, info: info}, nil
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

// Renamed returns the paths that are sent under other names than their own, as the user
// gave them, and these names.
func (s *Paths) Renamed() (given, as []string) {
	for _, t := range s.tops {
		if t.name != t.own {
			given, as = append(given, t.given), append(as, t.name)
		}
	}
	return given, as
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
		if t.dir != nil {
			errs = append(errs, t.dir.Close())
			t.dir = nil
		}
		t.mu.Unlock()
	}
	s.mu.Lock()
	s.roots = 0
	s.mu.Unlock()
	return errors.Join(errs...)
}

// dir returns a top-level folder, for its descriptor, or nil if it is not one that is kept open.
func (s *Paths) dir(ctx context.Context, t *top) (*os.File, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dir != nil {
		return t.dir, nil
	}
	s.mu.Lock()
	keep := t.root != nil || s.keeps(t)
	s.mu.Unlock()
	if !keep {
		return nil, nil
	}
	root, release, err := s.openLocked(ctx, t)
	if err != nil {
		return nil, err
	}
	defer release()
	if t.root == nil { // others were opened meanwhile
		return nil, nil
	}
	t.dir, err = descriptors.Open(ctx, func() (*os.File, error) { return root.Open(".") })
	return t.dir, err
}

// open returns the root of a top-level folder, and what to call when it is no
// longer used. Nothing in the folder leads outside through it.
func (s *Paths) open(ctx context.Context, t *top) (*os.Root, func(), error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return s.openLocked(ctx, t)
}

// openLocked is open; t.mu is held.
func (s *Paths) openLocked(ctx context.Context, t *top) (*os.Root, func(), error) {
	if t.root != nil {
		return t.root, func() {}, nil
	}
	root, err := descriptors.Open(ctx, func() (*os.Root, error) { return os.OpenRoot(t.local) })
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
	if !s.keeps(t) {
		return root, func() { _ = root.Close() }, nil
	}
	s.roots++
	t.root = root
	return root, func() {}, nil
}

// keeps says whether the root of a top-level folder is to be kept open if it is opened now; s.mu
// is held.
func (s *Paths) keeps(t *top) bool {
	return !t.temporary && s.roots < s.options.Descriptors.Roots()
}
