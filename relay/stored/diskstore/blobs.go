package diskstore

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// Blobs are stored.Blobs of files.
type Blobs struct{ dir string }

// clean removes what a process that was killed was writing.
func (b *Blobs) clean() error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, ok := stored.ParseID(e.Name()); !ok {
			continue
		}
		if err := removeUnfinished(filepath.Join(b.dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (b *Blobs) folder(id stored.ID) string { return filepath.Join(b.dir, id.String()) }

func (b *Blobs) path(id stored.ID, number int) string {
	return filepath.Join(b.folder(id), strconv.Itoa(number))
}

// interrupted is a reader that ends with a context.
type interrupted struct {
	ctx context.Context // of the call that reads
	r   io.Reader
}

func (i interrupted) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}

// maxParts is how many parts a transfer may have.
const maxParts = 1 << 20

// Shape implements stored.Blobs.
func (b *Blobs) Shape() stored.Shape {
	return stored.Shape{MaxParts: maxParts, MaxSize: maxParts * stored.MaxPart}
}

// Begin implements stored.Blobs.
func (b *Blobs) Begin(ctx context.Context, _ stored.ID) (string, error) { return "", ctx.Err() }

// Put implements stored.Blobs.
func (b *Blobs) Put(ctx context.Context, r stored.Record, number int, body io.Reader, size int64) error {
	err := os.Mkdir(b.folder(r.ID), 0o700)
	switch {
	case err == nil:
		err = syncFolder(b.dir)
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err != nil {
		return err
	}
	err = writeFile(b.path(r.ID, number), interrupted{ctx, body}, size)
	if osfs.IsFull(err) {
		return stored.ErrFull
	}
	return err
}

// Parts implements stored.Blobs.
func (b *Blobs) Parts(ctx context.Context, r stored.Record) ([]stored.Part, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(b.folder(r.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var parts []stored.Part
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue // being written
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, stored.Part{Number: n, Size: info.Size()})
	}
	slices.SortFunc(parts, func(a, b stored.Part) int { return cmp.Compare(a.Number, b.Number) })
	return parts, nil
}

// Finish implements stored.Blobs. The parts stay as they are.
func (b *Blobs) Finish(ctx context.Context, _ stored.Record, _ []stored.Part) error {
	return ctx.Err()
}

// Delete implements stored.Blobs. Who has a part open can read it to its end, where the
// system allows that.
func (b *Blobs) Delete(ctx context.Context, r stored.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// What is known to be there is removed by name, which is much quicker than to look for
	// it: a sweep may have thousands of them.
	for number := range r.Parts {
		if err := os.Remove(b.path(r.ID, number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if len(r.Parts) > 0 && os.Remove(b.folder(r.ID)) == nil {
		return nil
	}
	return os.RemoveAll(b.folder(r.ID))
}

// Each implements stored.Blobs.
func (b *Blobs) Each(ctx context.Context, visit func(stored.ID) error) error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if id, ok := stored.ParseID(e.Name()); ok {
			if err := visit(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// Free implements stored.Blobs.
func (b *Blobs) Free(context.Context) (int64, bool) {
	f, err := os.Open(b.dir)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	return osfs.FreeSpace(f)
}
