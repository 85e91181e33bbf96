package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Links says what becomes of the symlinks in the folders that are sent.
type Links uint8

// The policies for symlinks. A path that the user gave is followed in any case.
const (
	// KeepLinks sends symlinks as symlinks if they stay inside their top-level
	// folder, and leaves the others out.
	KeepLinks Links = iota
	// SkipLinks leaves all symlinks out.
	SkipLinks
	// FollowLinks sends what symlinks lead to in their place, wherever that is.
	FollowLinks
)

// symlink yields the symlink name of dir, which is at p.
func (w *walker) symlink(dir *os.Root, p place, name string, info fs.FileInfo, included bool) error {
	switch w.paths.options.Links {
	case SkipLinks:
		return w.leaveOut(p.listed, "it is a symlink")
	case FollowLinks:
		return w.follow(p, included)
	}
	target, err := dir.Readlink(name)
	if err != nil {
		return w.fail(p.listed, "the symlink cannot be read: "+oserror.Cause(err), err)
	}
	target = filepath.ToSlash(target)
	if w.paths.options.RenameUnsafe {
		target = names.Safe(target)
	}
	switch {
	case !utf8.ValidString(target) || len(target) > wire.MaxTarget:
		return w.fail(p.listed, "the symlink's target cannot be sent", nil)
	case !names.StaysInside(p.listed, target) || !w.resolvesInside(p):
		return w.leaveOut(p.listed, "the symlink leads out of the folder "+w.base.name)
	}
	e := newEntry(p.listed, files.KindSymlink, info)
	e.Target = target
	return w.yield("", e)
}

// follow yields what the symlink at p leads to.
func (w *walker) follow(p place, included bool) error {
	local, err := filepath.EvalSymlinks(filepath.Join(w.base.local, filepath.FromSlash(p.inside)))
	if err != nil {
		return w.fail(p.listed, brokenLink(err), err)
	}
	info, err := os.Stat(local)
	switch {
	case err != nil:
		return w.fail(p.listed, brokenLink(err), err)
	case info.IsDir() && w.isInside(info):
		return w.leaveOut(p.listed, "the symlink leads back to a folder that it is in")
	}
	into := *w
	into.base, into.at = &top{name: w.base.name, local: local, info: info, temporary: true}, p.listed
	return into.start(info, included)
}

// resolvesInside reports whether the symlink at p leads to something inside of base.
func (w *walker) resolvesInside(p place) bool {
	root, release, err := w.paths.open(w.ctx, w.base)
	if err != nil {
		return false
	}
	defer release()
	return names.ResolvesInside(root, p.inside)
}

// isInside reports whether the walk is inside a folder.
func (w *walker) isInside(folder fs.FileInfo) bool {
	for f := w.folder; f != nil; f = f.parent {
		if os.SameFile(f.info, folder) {
			return true
		}
	}
	return false
}

// brokenLink says why a symlink leads nowhere.
func brokenLink(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "the symlink leads to nothing"
	case osfs.IsLoop(err):
		return "the symlink leads in a circle"
	}
	return "what the symlink leads to cannot be read: " + oserror.Cause(err)
}

// leaveOut yields an entry that is left out on purpose.
func (w *walker) leaveOut(p, reason string) error { return w.fail(p, reason, files.ErrLeftOut) }
