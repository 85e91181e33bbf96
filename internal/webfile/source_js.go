package webfile

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall/js"
	"time"

	"github.com/tallow-transfer/tallow/internal/promise"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Modes of what is sent, as a browser tells none.
const (
	fileMode = 0o644
	dirMode  = 0o755
)

// entry is a file, or a folder if it has no File.
type entry struct {
	path string
	file js.Value
}

// Source implements files.Source.
type Source struct {
	entries []entry // sorted, a folder before what is in it
	names   []string
	held    promise.Held
}

// New makes a source of an array of objects: path, separated by "/", and file, a
// File, or nothing for a folder. Folders above a path need not be listed.
func New(items js.Value) *Source {
	byPath := make(map[string]entry)
	for i := range items.Length() {
		item := items.Index(i)
		p := strings.Trim(item.Get("path").String(), "/")
		if p == "" {
			continue
		}
		byPath[p] = entry{p, item.Get("file")}
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			if _, ok := byPath[dir]; !ok {
				byPath[dir] = entry{path: dir}
			}
		}
	}
	s := &Source{}
	for _, e := range byPath {
		s.entries = append(s.entries, e)
	}
	slices.SortFunc(s.entries, func(a, b entry) int { return slices.Compare(strings.Split(a.path, "/"), strings.Split(b.path, "/")) })
	for _, e := range s.entries {
		if !strings.Contains(e.path, "/") {
			s.names = append(s.names, e.path)
		}
	}
	return s
}

func (e entry) isFolder() bool { return e.file.Type() != js.TypeObject }

func (e entry) size() int64 { return int64(e.file.Get("size").Float()) }

// Names implements files.Source.
func (s *Source) Names() []string { return s.names }

// Count implements files.Source.
func (s *Source) Count(context.Context) (files.Totals, error) {
	t := files.Totals{Known: true}
	for _, e := range s.entries {
		if !e.isFolder() {
			t.Files++
			t.Bytes += e.size()
		}
	}
	t.Stored = t.Bytes
	return t, nil
}

// Walk implements files.Source.
func (s *Source) Walk(ctx context.Context, yield func(files.Item) error) error {
	for _, e := range s.entries {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		it := files.Item{Entry: files.Entry{Kind: files.KindDir, Path: e.path, Mode: dirMode, ModTime: time.Now()}}
		if !e.isFolder() {
			it.Entry = files.Entry{
				Kind: files.KindFile, Path: e.path, Mode: fileMode, Size: e.size(),
				ModTime: time.UnixMilli(int64(e.file.Get("lastModified").Float())),
			}
			it.Open = func() (files.SourceFile, error) { return s.openFile(ctx, e.file), nil }
		}
		if err := yield(it); err != nil {
			return err
		}
	}
	return nil
}

// file is a File that is open. It implements files.SourceFile.
type file struct {
	ctx    context.Context // ends with Close
	cancel context.CancelCauseFunc
	blob   js.Value
	size   int64
	held   *promise.Held // of the Source
}

func (s *Source) openFile(ctx context.Context, blob js.Value) *file {
	f := &file{held: &s.held, blob: blob, size: int64(blob.Get("size").Float())}
	f.ctx, f.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	return f
}

// ReadAt implements files.SourceFile.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	end := min(off+int64(len(p)), f.size)
	if off >= end {
		return 0, io.EOF
	}
	buf, err := promise.Await(f.ctx, f.blob.Call("slice", float64(off), float64(end)).Call("arrayBuffer"))
	if err != nil {
		return 0, readError(err)
	}
	n := js.CopyBytesToGo(p, js.Global().Get("Uint8Array").New(buf))
	f.held.LetGo(n)
	switch {
	case int64(n) < end-off:
		return n, files.ErrChanged
	case n < len(p):
		return n, io.EOF
	}
	return n, nil
}

// readError gives the error of a file that was changed, moved or deleted since it
// was picked its type.
func readError(err error) error {
	var thrown *promise.Error
	if errors.As(err, &thrown) && (thrown.Name == "NotReadableError" || thrown.Name == "NotFoundError") {
		return files.ErrChanged
	}
	return err
}

// Changed implements files.SourceFile. A browser fails to read a file that has
// changed, so there is nothing more to be found out.
func (f *file) Changed() error { return nil }

// Close implements files.SourceFile.
func (f *file) Close() error {
	f.cancel(fs.ErrClosed)
	return nil
}
