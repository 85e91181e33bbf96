package disk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
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
		if policy, err = f.ask(ctx, path.Join(dir.path, name), e, info); err != nil {
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

// ask asks the person, one question at a time.
func (f *Folder) ask(ctx context.Context, at string, e wire.Entry, info fs.FileInfo) (Policy, error) {
	f.asking.Lock()
	defer f.asking.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err // the one before was not answered
	}
	return f.options.Ask(ctx, at, e, info)
}

// collision refuses an entry that would land on another one of this transfer:
// it is listed twice, or the names differ only in what this disk does not
// distinguish (case, Unicode normalisation).
func collision(p string) *SkipError {
	return refused(p, "same name as another entry here", "another entry of this transfer has the same name on this disk", nil)
}

// mark is what is remembered of a file that was put in place, beside its inode:
// 24 bytes a file with it. An inode alone may be another file's by now.
type mark struct {
	flags uint8
	sum   uint32 // of size and time
}

func (r placed) mark() mark { return mark{r.Flags, markSum(r.Size, r.MTime)} }

func markSum(size, mtime int64) uint32 {
	b := binary.BigEndian.AppendUint64(nil, uint64(size))
	return crc32.Checksum(binary.BigEndian.AppendUint64(b, uint64(mtime)), castagnoli)
}

// notePlaced notes that a file is in place.
func (f *Folder) notePlaced(r placed) {
	if r.Inode == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inodes[r.Inode] = r.mark()
}

// placedHere says whether what info describes was put there by this transfer
// and is as it was then.
func (f *Folder) placedHere(dir *openDir, name string, info fs.FileInfo) (flags uint8, ours bool) {
	id := identify(dir.root, name, info)
	f.mu.Lock()
	m, ours := f.inodes[id]
	f.mu.Unlock()
	if m.flags&placedFound != 0 && linked(info) {
		return 0, false // perhaps another name of the file that was found
	}
	return m.flags, ours && id != 0 && m.sum == markSum(info.Size(), nanoseconds(info.ModTime()))
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
