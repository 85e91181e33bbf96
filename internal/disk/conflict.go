package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// verdict is what to do with an entry, given what is at its place.
type verdict struct {
	name    string // in its folder
	renamed bool
	replace bool // what is there
}

// maxNumber bounds the search for a name that is free.
const maxNumber = 10_000

// settle decides what to do with an entry that belongs at name in dir.
func (f *Folder) settle(ctx context.Context, dir *openDir, name string, e wire.Entry) (verdict, error) {
	info, err := dir.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return verdict{name: name}, nil
	case err != nil:
		return verdict{}, f.refusal(e.Path, err)
	}
	policy := f.options.Policy
	switch flags, ours := f.placedHere(dir, name, info); {
	case ours && flags&placedRenamed == 0:
		return verdict{}, collision(e.Path)
	case ours:
		policy = PolicyRename // that one gave way already
	case policy == PolicyAsk && f.options.Ask != nil:
		if policy, err = f.options.Ask(ctx, path.Join(dir.path, name), e, info); err != nil {
			return verdict{}, err
		}
	}
	switch policy {
	case PolicyRename:
		free, err := f.freeName(dir, name, e.Path)
		return verdict{name: free, renamed: true}, err
	case PolicyOverwrite:
		if info.IsDir() {
			return verdict{}, refused(e.Path, "a folder is in its place", "a folder of the name is there, which is not replaced: remove it or choose --on-conflict rename", nil)
		}
		return verdict{name: name, replace: true}, nil
	case PolicySkip:
		return verdict{}, refused(e.Path, "exists already", "skipped, because it is there already", nil)
	}
	return verdict{}, &ExistsError{Path: path.Join(dir.path, name)}
}

// collision refuses an entry that would land on another one of this transfer:
// it is listed twice, or the names differ only in what this disk does not
// distinguish (case, Unicode normalisation).
func collision(p string) *SkipError {
	return refused(p, "same name as another entry here", "another entry of this transfer has the same name on this disk", nil)
}

// placedHere says whether what info describes was put there by this transfer.
func (f *Folder) placedHere(dir *openDir, name string, info fs.FileInfo) (flags uint8, ours bool) {
	id := identify(dir.root, name, info)
	f.mu.Lock()
	defer f.mu.Unlock()
	flags, ours = f.inodes[id]
	return flags, ours && id != 0
}

// freeName is the first of "name (1)", "name (2)", … that is free in dir.
func (f *Folder) freeName(dir *openDir, name, p string) (string, error) {
	for n := 1; n <= maxNumber; n++ {
		free := numbered(name, n)
		_, err := dir.root.Lstat(free)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return free, nil
		case err != nil:
			return "", f.refusal(p, err)
		}
	}
	return "", refused(p, "no free name on the receiving side", fmt.Sprintf("%d names like it are taken", maxNumber), nil)
}
