package source

import (
	"context"
	"path"

	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Check finds what would certainly go wrong later: a path of the user that cannot
// be opened, and names that no receiver takes. It walks everything once. The error
// is a *PathError, or that of ctx.
func (s *Paths) Check(ctx context.Context) error {
	given := make(map[string]*top, len(s.tops))
	for _, t := range s.tops {
		given[t.name] = t
	}
	unsafe := PathError{Fault: FaultUnsafeName}
	err := s.walk(ctx, func(base *top, inside string, e entry) error {
		if t := given[e.Path]; t != nil {
			if err := s.checkTop(base, inside, e); err != nil {
				return &PathError{Fault: FaultUnreadable, Path: t.given, Err: err}
			}
		}
		if e.err == nil && (names.IsUnsafe(path.Base(e.Path)) || names.IsUnsafe(e.Target)) {
			if unsafe.Count == 0 {
				unsafe.Path = e.Path
			}
			unsafe.Count++
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case unsafe.Count > 0:
		return &unsafe
	}
	return nil
}

// checkTop opens a path that the user gave, if it is a file. A folder was opened by
// the walk.
func (s *Paths) checkTop(base *top, inside string, e entry) error {
	if e.err != nil || e.Kind == files.KindDir {
		return e.err
	}
	f, err := s.openFile(base, inside, e)
	if err != nil {
		return err
	}
	return f.Close()
}
