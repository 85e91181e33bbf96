package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// readBatch is how many entries of a folder are held in memory at a time.
const readBatch = 1024

// Count walks everything once and adds it up.
func (s *Source) Count(ctx context.Context) (Totals, error) {
	t := Totals{Known: true}
	err := s.Walk(ctx, func(i Item) error {
		t.add(i)
		return nil
	})
	return t, err
}

// Walk calls yield for every entry, a folder before what is in it. An entry
// that cannot be sent is yielded with its Problem and the walk goes on. It ends
// early only with yield's error or that of ctx. Memory does not grow with the
// number of entries.
func (s *Source) Walk(ctx context.Context, yield func(Item) error) error {
	for _, t := range s.tops {
		w := walker{ctx: ctx, yield: yield}
		if err := w.top(s, t); err != nil {
			return err
		}
	}
	return nil
}

// walker walks one top-level path.
type walker struct {
	ctx   context.Context
	yield func(Item) error
	root  *os.Root // of the top-level folder
	name  string   // of the top-level folder
}

func (w *walker) top(s *Source, t *top) error {
	// Not what NewSource saw: the file may have grown since.
	info, err := os.Stat(t.local)
	switch {
	case err != nil:
		return w.problem(t.name, "cannot be read: "+cause(err), err)
	case info.Mode().IsRegular():
		return w.yield(Item{Entry: entryOf(t.name, wire.KindFile, info), stamp: stampOf(info), stored: stored(info)})
	case !info.IsDir():
		return w.problem(t.name, "is a "+kindOf(info.Mode())+" now, not a file or a folder", nil)
	}
	if err := w.yield(Item{Entry: entryOf(t.name, wire.KindDir, info)}); err != nil {
		return err
	}
	root, release, err := s.open(t)
	if err != nil {
		return w.problem(t.name, "the folder cannot be read: "+cause(err), err)
	}
	defer release()
	w.root, w.name = root, t.name
	return w.folder(root, t.name)
}

// folder yields what is in the folder dir, whose path on the wire is at.
func (w *walker) folder(dir *os.Root, at string) error {
	list, err := dir.Open(".")
	if err != nil {
		return w.problem(at, "the folder cannot be read: "+cause(err), err)
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
			return w.problem(at, "the folder cannot be read to its end: "+cause(err), err)
		}
	}
}

func (w *walker) entry(dir *os.Root, at, name string) error {
	p := at + "/" + name
	switch {
	case !utf8.ValidString(name):
		return w.problem(strings.ToValidUTF8(p, "\uFFFD"), "its name is not UTF-8: rename it to send it", nil)
	case len(p) > wire.MaxPath:
		return w.problem(p, "its path is too long to be sent", nil)
	}
	info, err := dir.Lstat(name)
	switch {
	case err != nil:
		return w.problem(p, "cannot be read: "+cause(err), err)
	case info.IsDir():
		return w.subfolder(dir, p, name, info)
	case info.Mode().IsRegular():
		return w.yield(Item{Entry: entryOf(p, wire.KindFile, info), stamp: stampOf(info), stored: stored(info)})
	case info.Mode()&fs.ModeSymlink != 0:
		return w.symlink(dir, p, name, info)
	}
	return w.problem(p, "is a "+kindOf(info.Mode())+", which cannot be sent", nil)
}

func (w *walker) subfolder(dir *os.Root, p, name string, info fs.FileInfo) error {
	if err := w.yield(Item{Entry: entryOf(p, wire.KindDir, info)}); err != nil {
		return err
	}
	sub, err := openFolder(dir, name, info)
	if err != nil {
		return w.problem(p, "the folder cannot be read: "+cause(err), err)
	}
	defer sub.Close()
	return w.folder(sub, p)
}

func (w *walker) symlink(dir *os.Root, p, name string, info fs.FileInfo) error {
	target, err := dir.Readlink(name)
	if err != nil {
		return w.problem(p, "the symlink cannot be read: "+cause(err), err)
	}
	target = filepath.ToSlash(target)
	switch {
	case !utf8.ValidString(target) || len(target) > wire.MaxTarget:
		return w.problem(p, "the symlink's target cannot be sent", nil)
	case !staysInside(p, target) || !resolvesInside(w.root, strings.TrimPrefix(p, w.name+"/")):
		return w.problem(p, "the symlink leads out of the folder "+w.name, nil)
	}
	e := entryOf(p, wire.KindSymlink, info)
	e.Target = target
	return w.yield(Item{Entry: e})
}

func (w *walker) problem(p, reason string, err error) error {
	if cut := w.ctx.Err(); cut != nil {
		return cut
	}
	return w.yield(Item{
		Entry:   wire.Entry{Path: p},
		Problem: &Problem{Path: p, Reason: reason, Err: err},
	})
}

// openFolder opens the folder name of dir, which info describes. os.Root keeps
// inside but follows symlinks there; one that took the folder's place since
// info was made is refused.
func openFolder(dir *os.Root, name string, info fs.FileInfo) (*os.Root, error) {
	sub, err := dir.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	got, err := sub.Stat(".")
	if err == nil && !os.SameFile(got, info) {
		err = errReplaced
	}
	if err != nil {
		_ = sub.Close()
		return nil, err
	}
	return sub, nil
}

func entryOf(p string, k wire.Kind, info fs.FileInfo) wire.Entry {
	e := wire.Entry{Kind: k, Mode: uint16(info.Mode().Perm()), MTime: nanoseconds(info.ModTime()), Path: path.Clean(p)}
	if runtime.GOOS == "windows" {
		e.Mode &^= 0o022 // Windows says 0666 of all that can be written
	}
	if k == wire.KindFile {
		e.Size = info.Size()
	}
	return e
}

// nanoseconds is t since 1970, cut to what 64 bits hold: the years 1678 to 2261.
func nanoseconds(t time.Time) int64 {
	switch year := t.UTC().Year(); {
	case year < 1678:
		return math.MinInt64
	case year > 2261:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// sparseFrom is the size in bytes from which a file is looked at for holes. A
// small one may take none of the disk for other reasons.
const sparseFrom = 1 << 20

// stored is how many bytes of a disk a file takes, where its holes take none. A
// file that takes more than half of its size counts whole: it may be that its
// disk compresses it, and that the other one does not.
func stored(info fs.FileInfo) int64 {
	if takes := allocated(info); info.Size() >= sparseFrom && takes < info.Size()/2 {
		return takes
	}
	return info.Size()
}
