package source

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/tallow-transfer/tallow/internal/ignore"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// scope is what the filters say of all that is in one folder.
type scope struct {
	git *ignore.Folder // nil if no rules of Git hold there
	all bool           // what no rule matches is sent, since a rule includes the folder
}

// scope is that of the folder that the walk is inside of, or that base is in.
func (w *walker) scope() scope {
	if w.folder == nil {
		return w.base.scope
	}
	return w.folder.scope
}

// begin finds out what the filters say of what is in a folder that was opened.
func (w *walker) begin(l *level, all bool) error {
	l.scope.all = all
	if !w.paths.options.GitIgnore {
		return nil
	}
	local := filepath.Join(l.base.local, filepath.FromSlash(l.at.inside))
	var err error
	l.scope.git, err = enterGit(w.ctx, w.scope().git, w.nameOf(l), local, l.root.FS())
	return err
}

// nameOf returns the name that a folder has where it is found: that of a symlink to it.
func (w *walker) nameOf(l *level) string {
	switch {
	case l.at.inside != "":
		return path.Base(l.at.inside)
	case l.base.temporary:
		return path.Base(l.at.listed)
	}
	return filepath.Base(l.base.local)
}

// filter returns the filter that leaves an entry out, or nothing; and whether a rule
// includes it. The info is nil if it could not be had.
func (w *walker) filter(p place, name string, info fs.FileInfo) (reason string, included bool) {
	dir := info != nil && info.IsDir()
	in := w.scope()
	if in.git != nil {
		if pattern, ignored := in.git.Ignored(name, dir); ignored {
			return gitReason(pattern), false
		}
	}
	if info != nil && info.Mode()&fs.ModeSymlink != 0 && w.paths.options.Links == FollowLinks {
		target, err := os.Stat(filepath.Join(w.base.local, filepath.FromSlash(p.inside)))
		dir = err == nil && target.IsDir()
	}
	return w.paths.match(p.listed, dir, in)
}

// match returns the rule that leaves a path out, or nothing; and whether a rule
// includes it.
func (s *Paths) match(listed string, dir bool, in scope) (reason string, included bool) {
	switch verdict, rule := s.rules.Match(listed, dir); {
	case verdict == ignore.Excluded:
		return "excluded by " + rule.Pattern, false
	case verdict == ignore.Included:
		return "", true
	case s.rules.Selects() && !in.all && !dir: // something in a folder may be included
		return "not among what is included", false
	}
	return "", false
}

// judge returns the filter that leaves a path of the user out, or nothing. The rules of
// Git hold for it, if it is in a work tree. Other rules are for its name, if the path
// has one: "." has none.
func (s *Paths) judge(ctx context.Context, t *top) (reason string, err error) {
	if s.options.GitIgnore {
		folder, ignored, err := gitAround(ctx, filepath.Dir(t.local))
		if err != nil {
			return "", &PathError{Fault: FaultUnreadable, Path: t.given, Err: err}
		}
		if ignored == "" && folder != nil {
			ignored, _ = folder.Ignored(filepath.Base(t.local), t.info.IsDir())
		}
		if ignored != "" {
			return gitReason(ignored), nil
		}
		t.scope.git = folder
	}
	last := filepath.Base(filepath.Clean(t.given))
	if slices.Contains([]string{".", ".."}, last) {
		return "", nil
	}
	reason, t.included = s.match(t.own, t.info.IsDir(), t.scope)
	return reason, nil
}

func gitReason(pattern string) string {
	if pattern == ignore.GitFolder {
		return "it belongs to Git"
	}
	return "ignored by Git: " + pattern
}

func filteredEntry(p string, info fs.FileInfo, reason string) entry {
	e := entry{Entry: files.Entry{Path: p, Kind: files.KindFile}, filtered: reason}
	if info != nil && info.IsDir() {
		e.Kind = files.KindDir
	}
	return e
}

// held are folders that no rule includes. They are sent if something in them is.
type held struct {
	yield   yieldFunc
	folders []heldFolder
}

type heldFolder struct {
	base *top
	entry
}

// hold holds a folder back. What it returns is called when the walk has left the
// folder.
func (h *held) hold(base *top, e entry) func() {
	n := len(h.folders)
	h.folders = append(h.folders, heldFolder{base, e})
	return func() { h.folders = h.folders[:min(n, len(h.folders))] }
}

// give yields an entry, after the folders that it is in.
func (h *held) give(base *top, inside string, e entry) error {
	if e.filtered == "" {
		folders := h.folders
		h.folders = nil
		for _, f := range folders {
			if err := h.yield(f.base, "", f.entry); err != nil {
				return err
			}
		}
	}
	return h.yield(base, inside, e)
}
