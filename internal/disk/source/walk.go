package source

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// readBatch is how many entries of a folder are held in memory at a time.
const readBatch = 1024

// Count walks everything once and adds it up.
func (s *Paths) Count(ctx context.Context) (files.Totals, error) {
	t := files.Totals{Known: true}
	err := s.walk(ctx, func(_ *top, e entry) error {
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
// Memory does not grow with the number of entries.
func (s *Paths) Walk(ctx context.Context, yield func(files.Item) error) error {
	return s.walk(ctx, func(t *top, e entry) error {
		it := files.Item{Entry: e.Entry, Err: e.err}
		if e.err == nil && e.Kind == files.KindFile {
			_, inside, _ := strings.Cut(e.Path, "/")
			it.Open = func() (files.SourceFile, error) {
				f, err := s.openFile(t, inside, e)
				if err != nil {
					return nil, err // a nil *localFile would not be a nil interface
				}
				return f, nil
			}
		}
		if e.err == nil && e.Kind == files.KindStream {
			_, inside, _ := strings.Cut(e.Path, "/")
			it.Open = func() (files.SourceFile, error) { return s.openStream(t, inside, e) }
		}
		return yield(it)
	})
}

// entry is an Entry as the walk finds it.
type entry struct {
	files.Entry
	err    error      // why it cannot be sent; of Entry only Path is set then
	stamp  osfs.Stamp // of a file
	stored int64      // bytes of the disk that a file takes
}

func (s *Paths) walk(ctx context.Context, yield func(*top, entry) error) error {
	for _, t := range s.tops {
		w := walker{ctx: ctx, yield: func(e entry) error { return yield(t, e) }, name: t.name}
		if err := w.top(s, t); err != nil {
			return err
		}
	}
	return nil
}

// walker walks one top-level path.
type walker struct {
	ctx   context.Context
	yield func(entry) error
	root  *os.Root // of the top-level folder
	name  string   // of the top-level folder
}

func (w *walker) top(s *Paths, t *top) error {
	info, err := os.Stat(t.local) // again, since the file may have grown since NewPaths
	switch {
	case err != nil:
		return w.fail(t.name, "cannot be read: "+oserror.Cause(err), err)
	case info.Mode().IsRegular():
		return w.file(t.name, info, func() (*os.File, error) {
			return os.OpenFile(t.local, os.O_RDONLY|osfs.OpenNonblock, 0)
		})
	case !info.IsDir():
		return w.fail(t.name, "is a "+kindOf(info.Mode())+" now, not a file or a folder", files.ErrNotSendable)
	}
	if err := w.yield(newEntry(t.name, files.KindDir, info)); err != nil {
		return err
	}
	root, release, err := s.open(t)
	if err != nil {
		return w.fail(t.name, "the folder cannot be read: "+oserror.Cause(err), err)
	}
	defer release()
	w.root = root
	return w.folder(root, t.name)
}

// folder yields what is in the folder dir, whose path is at.
func (w *walker) folder(dir *os.Root, at string) error {
	list, err := dir.Open(".")
	if err != nil {
		return w.fail(at, "the folder cannot be read: "+oserror.Cause(err), err)
	}
	defer list.Close()
	for {
		batch, err := list.ReadDir(readBatch)
		for _, e := range batch {
			if err := w.ctx.Err(); err != nil {
				return err
			}
			if err := w.entry(dir, at, e.Name()); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return w.fail(at, "the folder cannot be read to its end: "+oserror.Cause(err), err)
		}
	}
}

func (w *walker) entry(dir *os.Root, at, name string) error {
	p := at + "/" + name
	switch {
	case !utf8.ValidString(name):
		return w.fail(strings.ToValidUTF8(p, "\uFFFD"), "its name is not UTF-8: rename it to send it", nil)
	case len(p) > wire.MaxPath:
		return w.fail(p, "its path is too long to be sent", nil)
	}
	info, err := dir.Lstat(name)
	switch {
	case err != nil:
		return w.fail(p, "cannot be read: "+oserror.Cause(err), err)
	case info.IsDir():
		return w.subfolder(dir, p, name, info)
	case info.Mode().IsRegular():
		return w.file(p, info, func() (*os.File, error) {
			return dir.OpenFile(name, os.O_RDONLY|osfs.OpenNonblock, 0)
		})
	case info.Mode()&fs.ModeSymlink != 0:
		return w.symlink(dir, p, name, info)
	}
	return w.fail(p, "is a "+kindOf(info.Mode())+", which cannot be sent", files.ErrNotSendable)
}

// file yields a regular file: as a stream, if its size is not that of its content.
func (w *walker) file(p string, info fs.FileInfo, open func() (*os.File, error)) error {
	if mayLie(info) {
		switch exact, err := probe(info.Size(), open); {
		case err != nil:
			return w.fail(p, "cannot be read: "+oserror.Cause(err), err)
		case !exact:
			return w.yield(newEntry(p, files.KindStream, info))
		}
	}
	return w.yield(fileEntry(p, info))
}

func (w *walker) subfolder(dir *os.Root, p, name string, info fs.FileInfo) error {
	if err := w.yield(newEntry(p, files.KindDir, info)); err != nil {
		return err
	}
	sub, err := osfs.OpenDir(dir, name, info)
	if err != nil {
		return w.fail(p, "the folder cannot be read: "+oserror.Cause(err), err)
	}
	defer sub.Close()
	return w.folder(sub, p)
}

func (w *walker) symlink(dir *os.Root, p, name string, info fs.FileInfo) error {
	target, err := dir.Readlink(name)
	if err != nil {
		return w.fail(p, "the symlink cannot be read: "+oserror.Cause(err), err)
	}
	target = filepath.ToSlash(target)
	switch {
	case !utf8.ValidString(target) || len(target) > wire.MaxTarget:
		return w.fail(p, "the symlink's target cannot be sent", nil)
	case !names.StaysInside(p, target) || !names.ResolvesInside(w.root, strings.TrimPrefix(p, w.name+"/")):
		return w.fail(p, "the symlink leads out of the folder "+w.name, nil)
	}
	e := newEntry(p, files.KindSymlink, info)
	e.Target = target
	return w.yield(e)
}

// fail yields an entry that cannot be sent.
func (w *walker) fail(p, reason string, err error) error {
	if ended := w.ctx.Err(); ended != nil {
		return ended
	}
	return w.yield(entry{Entry: files.Entry{Path: p}, err: &ItemError{Reason: reason, Err: err}})
}

func fileEntry(p string, info fs.FileInfo) entry {
	e := newEntry(p, files.KindFile, info)
	e.Size, e.stamp, e.stored = info.Size(), osfs.StampOf(info), stored(info)
	return e
}

func newEntry(p string, k files.Kind, info fs.FileInfo) entry {
	mode := info.Mode().Perm()
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
