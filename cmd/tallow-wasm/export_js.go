package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/bundle"
	"github.com/tallow-transfer/tallow/internal/promise"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// maxNames is how many names are tried where one is taken.
const maxNames = 1000

var errNamesTaken = errors.New("too many of that name are there already")

// export writes a finished bundle into a folder that the person picked (a
// FileSystemDirectoryHandle), with its tree and names. What is there already
// stays: a top-level name that is taken gets a number.
func (w *worker) export(name string, folder js.Value) {
	written, skipped, err := w.exportTo(name, folder)
	if err != nil {
		w.post(map[string]any{"event": "save-failed", "name": name, "detail": err.Error()})
		return
	}
	w.post(map[string]any{"event": "exported", "name": name, "files": written, "skipped": skipped})
}

func (w *worker) exportTo(name string, folder js.Value) (written int, skipped []any, err error) {
	entries, data, err := w.finished(name)
	if err != nil {
		return 0, nil, err
	}
	x := exporter{ctx: w.ctx, data: data, dirs: map[string]js.Value{".": folder}, tops: make(map[string]string)}
	skipped = []any{}
	for _, e := range entries {
		if err := x.put(e); err != nil {
			skipped = append(skipped, map[string]any{"path": e.Path, "reason": err.Error()})
		} else if e.Kind != files.KindDir {
			written++
		}
	}
	w.markSaved(name)
	return written, skipped, nil
}

// exporter writes entries into a folder.
type exporter struct {
	ctx  context.Context
	data js.Value            // the File of the bundle
	dirs map[string]js.Value // handles, by path
	tops map[string]string   // what top-level names have become
}

var errLink = errors.New("a symbolic link, which a browser cannot make")

func (x *exporter) put(e bundle.Entry) error {
	if e.Kind == files.KindSymlink {
		return errLink
	}
	if e.Kind == files.KindDir {
		_, err := x.dir(e.Path)
		return err
	}
	dir, err := x.dir(path.Dir(e.Path))
	if err != nil {
		return err
	}
	name, err := x.name(dir, e.Path)
	if err != nil {
		return err
	}
	handle, err := promise.Await(x.ctx, dir.Call("getFileHandle", name, map[string]any{"create": true}))
	if err != nil {
		return err
	}
	out, err := promise.Await(x.ctx, handle.Call("createWritable"))
	if err != nil {
		return err
	}
	for _, p := range e.Pieces {
		if _, err := promise.Await(x.ctx, out.Call("write", x.data.Call("slice", float64(p.At), float64(p.At+p.Size)))); err != nil {
			_, _ = promise.Await(x.ctx, out.Call("abort"))
			return err
		}
	}
	_, err = promise.Await(x.ctx, out.Call("close"))
	return err
}

// dir returns the handle of a folder, which it makes.
func (x *exporter) dir(p string) (js.Value, error) {
	if handle, ok := x.dirs[p]; ok {
		return handle, nil
	}
	above, err := x.dir(path.Dir(p))
	if err != nil {
		return js.Undefined(), err
	}
	name, err := x.name(above, p)
	if err != nil {
		return js.Undefined(), err
	}
	handle, err := promise.Await(x.ctx, above.Call("getDirectoryHandle", name, map[string]any{"create": true}))
	if err == nil {
		x.dirs[p] = handle
	}
	return handle, err
}

// name returns the name in a folder for a path. Below the top nothing can be taken.
func (x *exporter) name(dir js.Value, p string) (string, error) {
	base := path.Base(p)
	if strings.Contains(p, "/") {
		return base, nil
	}
	if name, ok := x.tops[p]; ok {
		return name, nil
	}
	ext := path.Ext(base)
	for i := range maxNames {
		name := base
		if i > 0 {
			name = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(base, ext), i, ext)
		}
		free, err := x.free(dir, name)
		if err != nil {
			return "", err
		}
		if free {
			x.tops[p] = name
			return name, nil
		}
	}
	return "", errNamesTaken
}

// free reports whether nothing in a folder has a name.
func (x *exporter) free(dir js.Value, name string) (bool, error) {
	_, err := promise.Await(x.ctx, dir.Call("getFileHandle", name))
	var thrown *promise.Error
	switch {
	case err == nil:
		return false, nil
	case !errors.As(err, &thrown):
		return false, err
	case thrown.Name == "NotFoundError":
		return true, nil
	case thrown.Name == "TypeMismatchError": // a folder
		return false, nil
	}
	return false, err
}
