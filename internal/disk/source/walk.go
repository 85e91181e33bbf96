package source

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// List calls yield for every entry as Walk does, and also for what the filters leave
// out. The Err of that wraps files.ErrLeftOut. What is in a folder that is left out is
// not listed. Nothing in the items can be opened.
func (s *Paths) List(ctx context.Context, yield func(files.Item) error) error {
	return s.walkAll(ctx, func(_ *top, _ string, e entry) error {
		if e.filtered != "" {
			e.err = &ItemError{Reason: e.filtered, Err: files.ErrLeftOut}
		}
		return yield(files.Item{Entry: e.Entry, Err: e.err})
	})
}

// Count walks everything once and adds it up.
func (s *Paths) Count(ctx context.Context) (files.Totals, error) {
	t := files.Totals{Known: true}
	err := s.walk(ctx, func(_ *top, _ string, e entry) error {
		switch {
		case e.err != nil:
		case e.Kind == files.KindFile:
			t.Files++
			t.Bytes += e.Size
			t.Stored += e.stored
		case e.Kind == files.KindStream:
			t.Files++
			t.Known = false
		}
		return nil
	})
	return t, err
}

// Walk calls yield for every entry, a folder before what is in it. The Err of an
// Item is an *ItemError. Walk ends early only with the error of yield or of ctx.
// Memory does not grow with the number of entries, except for the names in a folder
// from which the walk is deeper than the descriptors allow.
func (s *Paths) Walk(ctx context.Context, yield func(files.Item) error) error {
	return s.walk(ctx, func(t *top, inside string, e entry) error {
		it := files.Item{Entry: e.Entry, Err: e.err}
		if e.err == nil && (e.Kind == files.KindFile || e.Kind == files.KindStream) {
			l := &listed{ctx: ctx, paths: s, top: t, inside: inside, entry: e}
			it.Open = l.open
			if osfs.ReadsFiles && e.Kind == files.KindFile && inside != "" {
				it.Read = l.read
			}
		}
		return yield(it)
	})
}

// entry is an Entry as the walk finds it.
type entry struct {
	files.Entry
	err      error      // why it cannot be sent; of Entry only Path is set then
	filtered string     // the filter that leaves it out; of Entry only Path and Kind are set then
	stamp    osfs.Stamp // of a file
	stored   int64      // bytes of the disk that a file takes
}

// yieldFunc is called for each entry. A file is opened as inside of base; inside is
// empty if it is base itself.
type yieldFunc func(base *top, inside string, e entry) error

// walk yields what is sent, and what cannot be sent.
func (s *Paths) walk(ctx context.Context, yield yieldFunc) error {
	return s.walkAll(ctx, func(base *top, inside string, e entry) error {
		if e.filtered != "" {
			return nil
		}
		return yield(base, inside, e)
	})
}

// walkAll also yields what the filters leave out.
func (s *Paths) walkAll(ctx context.Context, yield yieldFunc) error {
	for _, e := range s.excluded {
		if err := yield(nil, "", e); err != nil {
			return err
		}
	}
	for _, t := range s.tops {
		w := walker{ctx: ctx, held: &held{yield: yield}, paths: s, base: t, at: t.name}
		info, err := os.Stat(t.local) // again, since the file may have grown since NewPaths
		if err != nil {
			err = w.fail(t.name, "cannot be read: "+oserror.Cause(err), err)
		} else {
			err = w.start(info, t.included)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// walker walks one path that the user gave, or what a symlink in it leads to.
type walker struct {
	ctx    context.Context
	held   *held
	paths  *Paths
	base   *top   // what is walked
	at     string // its path in the transfer
	folder *level // the innermost folder that the walk is inside of
}

// place is where an entry is. The names of both paths differ where unsafe names are
// sent under others.
type place struct {
	listed string // the path in the transfer
	inside string // the path inside of base; empty for base itself
}

// in returns the place of an entry of the folder p.
func (p place) in(name, listed string) place {
	return place{listed: p.listed + "/" + listed, inside: path.Join(p.inside, name)}
}

// yield yields an entry of base.
func (w *walker) yield(inside string, e entry) error { return w.held.give(w.base, inside, e) }

// start walks base, which info describes. A rule includes it, or none does.
func (w *walker) start(info fs.FileInfo, included bool) error {
	switch {
	case info.Mode().IsRegular():
		return w.file(place{listed: w.at}, info, func() (*os.File, error) {
			return descriptors.Open(w.ctx, func() (*os.File, error) { return os.OpenFile(w.base.local, os.O_RDONLY|osfs.OpenNonblock, 0) })
		})
	case !info.IsDir():
		return w.fail(w.at, "is a "+kindOf(info.Mode())+" now, not a file or a folder", files.ErrNotSendable)
	}
	return w.subfolder(place{listed: w.at}, info, included)
}

// subfolder yields the folder at a place, which info describes, and what is in it.
func (w *walker) subfolder(at place, info fs.FileInfo, included bool) error {
	all := included || w.scope().all
	e := newEntry(at.listed, files.KindDir, info)
	if !all && w.paths.rules.Selects() {
		defer w.held.hold(w.base, e)()
	} else if err := w.yield("", e); err != nil {
		return err
	}
	return w.inside(at, info, all)
}

// inside yields what is in the folder at a place, which info describes. With all that
// is what no rule matches too.
func (w *walker) inside(at place, info fs.FileInfo, all bool) error {
	l := &level{paths: w.paths, base: w.base, at: at, info: info, parent: w.folder}
	w.folder.keep(w.paths.options.Descriptors.Levels() - 1)
	if err := l.begin(w.ctx); err != nil {
		return w.fail(at.listed, "the folder cannot be read: "+oserror.Cause(err), err)
	}
	defer l.close()
	if err := w.begin(l, all); err != nil {
		return w.fail(at.listed, "what Git ignores in it cannot be found out: "+oserror.Cause(err), err)
	}
	w.folder = l
	defer func() { w.folder = l.parent }()
	for {
		batch, err := l.next()
		for _, name := range batch {
			if err := w.ctx.Err(); err != nil {
				return err
			}
			if err := l.open(w.ctx); err != nil {
				return w.fail(at.listed, notToItsEnd+oserror.Cause(err), err)
			}
			if err := w.entry(l.root, at, name); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return w.fail(at.listed, notToItsEnd+oserror.Cause(err), err)
		}
	}
}

const notToItsEnd = "the folder cannot be read to its end: "

func (w *walker) entry(dir *os.Root, at place, name string) error {
	p := at.in(name, w.listedName(dir, name))
	info, err := dir.Lstat(name)
	reason, included := w.filter(p, name, info)
	switch {
	case reason != "":
		return w.yield("", filteredEntry(p.listed, info, reason))
	case !utf8.ValidString(p.listed):
		return w.fail(strings.ToValidUTF8(p.listed, "\uFFFD"), "its name is not UTF-8: rename it to send it", nil)
	case len(p.listed) > wire.MaxPath:
		return w.fail(p.listed, "its path is too long to be sent", nil)
	case err != nil:
		return w.fail(p.listed, "cannot be read: "+oserror.Cause(err), err)
	case info.IsDir():
		return w.subfolder(p, info, included)
	case info.Mode().IsRegular():
		return w.file(p, info, func() (*os.File, error) {
			return descriptors.Open(w.ctx, func() (*os.File, error) { return dir.OpenFile(name, os.O_RDONLY|osfs.OpenNonblock, 0) })
		})
	case info.Mode()&fs.ModeSymlink != 0:
		return w.symlink(dir, p, name, info, included)
	}
	return w.fail(p.listed, "is a "+kindOf(info.Mode())+", which cannot be sent", files.ErrNotSendable)
}

// listedName returns the name under which name in dir is sent.
func (w *walker) listedName(dir *os.Root, name string) string {
	if !w.paths.options.RenameUnsafe {
		return name
	}
	safe := names.Safe(name)
	if safe == name {
		return name
	}
	listed := safe
	for n := 1; ; n++ {
		if _, err := dir.Lstat(listed); err != nil {
			return listed
		}
		listed = names.Numbered(safe, n)
	}
}

// file yields a regular file: as a stream, if its size is not that of its content.
func (w *walker) file(p place, info fs.FileInfo, open func() (*os.File, error)) error {
	e := fileEntry(p.listed, info)
	if mayLie(info) {
		switch exact, err := probe(info.Size(), open); {
		case err != nil:
			return w.fail(p.listed, "cannot be read: "+oserror.Cause(err), err)
		case !exact:
			e = newEntry(p.listed, files.KindStream, info)
		}
	}
	return w.yield(p.inside, e)
}

// fail yields an entry that cannot be sent.
func (w *walker) fail(p, reason string, err error) error {
	if ended := w.ctx.Err(); ended != nil {
		return ended
	}
	return w.yield("", entry{Entry: files.Entry{Path: p}, err: &ItemError{Reason: reason, Err: err}})
}

func fileEntry(p string, info fs.FileInfo) entry {
	e := newEntry(p, files.KindFile, info)
	e.Size, e.stamp, e.stored = info.Size(), osfs.StampOf(info), stored(info)
	return e
}

func newEntry(p string, k files.Kind, info fs.FileInfo) entry {
	mode := info.Mode().Perm()
	if k == files.KindDir {
		mode |= info.Mode() & fs.ModeSticky
	}
	if runtime.GOOS == "windows" {
		mode &^= 0o022 // Windows reports 0666 for everything that can be written
	}
	return entry{Entry: files.Entry{Kind: k, Mode: mode, ModTime: clamp(info.ModTime()), Path: path.Clean(p)}}
}

// clamp moves a time into the range that files.Entry allows.
func clamp(t time.Time) time.Time { return time.Unix(0, osfs.Nanoseconds(t)) }

// sparseFrom is the size in bytes from which a file is checked for holes. A small
// file may take nothing of the disk for other reasons.
const sparseFrom = 1 << 20

// stored returns how many bytes of the disk a file takes on the receiving side,
// where its holes take none. If it takes more than half of its size here, all of
// its size counts: the disk may compress it, and the receiver's may not.
func stored(info fs.FileInfo) int64 {
	if takes := osfs.Allocated(info); info.Size() >= sparseFrom && takes < info.Size()/2 {
		return takes
	}
	return info.Size()
}
