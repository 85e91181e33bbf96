package opfs

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/bundle"
	"github.com/tallow-transfer/tallow/internal/promise"
)

// Names in the file system: folder/BUNDLE/data and folder/BUNDLE/journal.
const (
	folder      = "tallow"
	dataName    = "data"
	journalName = "journal"
)

// ErrNone means that the browser has no such file system for this page, as in a
// private window or where the page did not come by HTTPS.
var ErrNone = errors.New("this browser lets the page store no files")

// Storage implements bundle.Storage.
type Storage struct{ dir js.Value }

// Open opens the file system of the page's origin.
func Open(ctx context.Context) (*Storage, error) {
	storage := js.Global().Get("navigator").Get("storage")
	if storage.IsUndefined() || storage.Get("getDirectory").IsUndefined() {
		return nil, ErrNone
	}
	root, err := promise.Await(ctx, storage.Call("getDirectory"))
	if err != nil {
		return nil, errors.Join(ErrNone, err)
	}
	dir, err := promise.Await(ctx, root.Call("getDirectoryHandle", folder, map[string]any{"create": true}))
	if err != nil {
		return nil, errors.Join(ErrNone, err)
	}
	return &Storage{dir}, nil
}

// List implements bundle.Storage.
func (s *Storage) List(ctx context.Context) ([]string, error) {
	var all []string
	keys := s.dir.Call("keys")
	for {
		next, err := promise.Await(ctx, keys.Call("next"))
		if err != nil {
			return nil, err
		}
		if next.Get("done").Bool() {
			return all, nil
		}
		all = append(all, next.Get("value").String())
	}
}

// Open implements bundle.Storage.
func (s *Storage) Open(ctx context.Context, name string) (data, journal bundle.Blob, err error) {
	dir, err := promise.Await(ctx, s.dir.Call("getDirectoryHandle", name, map[string]any{"create": true}))
	if err != nil {
		return nil, nil, storageError(err)
	}
	first, err := openBlob(ctx, dir, dataName)
	if err != nil {
		return nil, nil, err
	}
	second, err := openBlob(ctx, dir, journalName)
	if err != nil {
		return nil, nil, errors.Join(err, first.Close())
	}
	return first, second, nil
}

// Remove implements bundle.Storage.
func (s *Storage) Remove(ctx context.Context, name string) error {
	_, err := promise.Await(ctx, s.dir.Call("removeEntry", name, map[string]any{"recursive": true}))
	return err
}

// Free implements bundle.Storage.
func (s *Storage) Free(ctx context.Context) (int64, error) {
	estimate, err := promise.Await(ctx, js.Global().Get("navigator").Get("storage").Call("estimate"))
	if err != nil {
		return -1, err
	}
	quota, usage := estimate.Get("quota"), estimate.Get("usage")
	if quota.Type() != js.TypeNumber || usage.Type() != js.TypeNumber {
		return -1, nil
	}
	return int64(quota.Float() - usage.Float()), nil
}

// File returns the data of a bundle as a File, which the browser reads by itself
// where it is used.
func (s *Storage) File(ctx context.Context, name string) (js.Value, error) {
	dir, err := promise.Await(ctx, s.dir.Call("getDirectoryHandle", name))
	if err != nil {
		return js.Undefined(), err
	}
	handle, err := promise.Await(ctx, dir.Call("getFileHandle", dataName))
	if err != nil {
		return js.Undefined(), err
	}
	return promise.Await(ctx, handle.Call("getFile"))
}

// storageError gives an error of a full storage its type.
func storageError(err error) error {
	var thrown *promise.Error
	if errors.As(err, &thrown) && thrown.Name == "QuotaExceededError" {
		return &bundle.FullError{}
	}
	return err
}
