package main

import (
	"context"
	"errors"
	"path"
	"strings"
	"syscall/js"
	"time"

	"github.com/tallow-transfer/tallow/internal/bundle"
	"github.com/tallow-transfer/tallow/internal/opfs"
	"github.com/tallow-transfer/tallow/pkg/files"
)

func openStore(ctx context.Context) (*bundle.Store, error) {
	storage, err := opfs.Open(ctx)
	if err != nil {
		return nil, err
	}
	return bundle.OpenStore(ctx, storage)
}

// list tells the page what is kept, and deletes what was saved a while ago, now and
// when the next is due.
func (w *worker) list() {
	kept := []any{}
	store, err := openStore(w.ctx)
	if err == nil {
		w.expiry.listBy(store.Expire(w.ctx, time.Now()))
		for _, k := range store.Kept() {
			kept = append(kept, map[string]any{
				"name": k.Name, "names": anys(k.Names), "bytes": k.Bytes, "files": k.Files,
				"began": k.Began.UnixMilli(), "finished": k.Finished, "saved": !k.Saved.IsZero(),
			})
		}
	}
	w.post(map[string]any{"event": "kept", "kept": kept, "storage": !errors.Is(err, opfs.ErrNone)})
}

func (w *worker) remove(name string) {
	if storage, err := opfs.Open(w.ctx); err == nil {
		_ = storage.Remove(w.ctx, name)
	}
	w.list()
}

// save gives the page a finished bundle as one Blob: a file as it is, anything
// else as a ZIP archive. The browser reads it from the storage when it saves it.
func (w *worker) save(name string) {
	title, blob, err := w.assemble(name)
	if err != nil {
		w.post(map[string]any{"event": "save-failed", "name": name, "detail": err.Error()})
		return
	}
	w.post(map[string]any{"event": "save", "name": name, "title": title, "blob": blob})
}

func (w *worker) assemble(name string) (title string, blob js.Value, err error) {
	entries, data, err := w.finished(name)
	if err != nil {
		return "", js.Value{}, err
	}
	w.markSaved(name)
	if len(entries) == 1 && entries[0].Kind != files.KindDir && entries[0].Kind != files.KindSymlink {
		var parts []bundle.Part
		for _, p := range entries[0].Pieces {
			parts = append(parts, bundle.Part{Piece: p})
		}
		return path.Base(entries[0].Path), newBlob(data, parts, "application/octet-stream"), nil
	}
	return archiveName(entries), newBlob(data, bundle.Zip(entries), "application/zip"), nil
}

// errGone is a bundle that is not there any more, or not whole: a browser that is
// short of space deletes what pages have stored.
var errGone = errors.New("it is not stored here any more")

// finished returns the entries of a finished bundle, and the File with its data.
func (w *worker) finished(name string) ([]bundle.Entry, js.Value, error) {
	storage, err := opfs.Open(w.ctx)
	if err != nil {
		return nil, js.Value{}, err
	}
	var entries []bundle.Entry
	var whole bool
	err = bundle.Use(w.ctx, storage, name, func(b *bundle.Bundle) error {
		entries, whole = b.Entries(), b.Finished()
		return nil
	})
	if err != nil {
		return nil, js.Value{}, err
	}
	if !whole || len(entries) == 0 {
		return nil, js.Value{}, errors.Join(errGone, storage.Remove(w.ctx, name))
	}
	data, err := storage.File(w.ctx, name)
	return entries, data, err
}

// markSaved records that a bundle was handed to the person. Where the storage is too
// full for that, it stays until the person deletes it.
func (w *worker) markSaved(name string) {
	storage, err := opfs.Open(w.ctx)
	if err != nil {
		return
	}
	now := time.Now()
	err = bundle.Use(w.ctx, storage, name, func(b *bundle.Bundle) error { return b.MarkSaved(now) })
	if err == nil {
		w.expiry.listBy(now.Add(bundle.KeepSaved))
	}
}

// newBlob makes a Blob of parts of a File.
func newBlob(data js.Value, parts []bundle.Part, kind string) js.Value {
	list := make([]any, len(parts))
	for i, p := range parts {
		if p.Bytes == nil {
			list[i] = data.Call("slice", float64(p.Piece.At), float64(p.Piece.At+p.Piece.Size))
			continue
		}
		b := js.Global().Get("Uint8Array").New(len(p.Bytes))
		js.CopyBytesToJS(b, p.Bytes)
		list[i] = b
	}
	return js.Global().Get("Blob").New(list, map[string]any{"type": kind})
}

// archiveName names an archive after the one folder in it.
func archiveName(entries []bundle.Entry) string {
	top := ""
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Path, "/")
		if top != "" && name != top {
			return "tallow.zip"
		}
		top = name
	}
	if top == "" {
		top = "tallow"
	}
	return top + ".zip"
}

// maxText bounds a text that is shown.
const maxText = 1 << 20

var errNoText = errors.New("not one text")

// textOf returns the text of a bundle that has nothing else.
func textOf(b *bundle.Bundle) (string, error) {
	entries := b.Entries()
	if len(entries) != 1 || entries[0].Size > maxText {
		return "", errNoText
	}
	text, err := b.ReadFile(entries[0])
	return string(text), err
}

func anys[T any](list []T) []any {
	all := make([]any, len(list))
	for i, x := range list {
		all[i] = x
	}
	return all
}
