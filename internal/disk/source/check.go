package source

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Check finds what would certainly go wrong later: a path of the user that cannot
// be opened, names that no receiver takes, and filters that leave nothing. It walks
// everything once. A path of the user of which nothing is sent is no longer among Names.
// The error is a *PathError, or that of ctx.
func (s *Paths) Check(ctx context.Context) error {
	given := make(map[string]*top, len(s.tops))
	for _, t := range s.tops {
		given[t.name] = t
	}
	unsafe := PathError{Fault: FaultUnsafeName}
	nothing := PathError{Fault: FaultNothingLeft}
	sent := make(map[string]bool, len(s.tops))
	err := s.walkAll(ctx, func(base *top, inside string, e entry) error {
		if e.filtered != "" {
			nothing.note(e.Path, e.filtered)
			return nil
		}
		first, _, _ := strings.Cut(e.Path, "/")
		sent[first] = true
		if t := given[e.Path]; t != nil {
			if err := s.checkTop(ctx, base, inside, e); err != nil {
				return &PathError{Fault: FaultUnreadable, Path: t.given, Err: err}
			}
		}
		if e.err == nil && (names.IsUnsafe(path.Base(e.Path)) || names.IsUnsafe(e.Target)) {
			unsafe.note(e.Path, "")
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case unsafe.Count > 0:
		return &unsafe
	case len(sent) == 0:
		return &nothing
	}
	s.tops = slices.DeleteFunc(s.tops, func(t *top) bool { return !sent[t.name] })
	return nil
}

// note counts one more path that is wrong.
func (e *PathError) note(p, why string) {
	if e.Count == 0 {
		e.Path, e.Why = p, why
	}
	e.Count++
}

// checkTop opens a path that the user gave, if it is a file. A folder was opened by
// the walk.
func (s *Paths) checkTop(ctx context.Context, base *top, inside string, e entry) error {
	if e.err != nil || e.Kind == files.KindDir {
		return e.err
	}
	f, err := s.openFile(ctx, base, inside, e)
	if err != nil {
		return err
	}
	return f.Close()
}
