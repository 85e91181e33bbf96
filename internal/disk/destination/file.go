package destination

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sync"
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// file is a files.File of a Folder.
type file struct {
	*tree
	claims *claims
	active *activeFiles

	entry files.Entry
	id    uint64
	name  string // in its folder, before a conflict changed it
	part  *partial.File
	place location
	size  atomic.Int64 // the final size; -1 if it is what was written

	unclaimed unclaimed // of claims, and guarded by its mu

	sealed *sealedFile // once it is secured, until it is placed

	mu       sync.Mutex
	state    state
	existing *existing    // if state.hasExisting
	previous version      // if stateUpdating: the older one that has the name
	onePiece osfs.Created // if stateOnePiece
	refusal  error        // if stateRefused
}

// version is what tells a version of a file that has its final name.
type version struct {
	inode uint64
	size  int64
}

func versionOf(r journal.Placed) version { return version{r.Inode, r.Size} }

func newFile(t *tree, c *claims, a *activeFiles, e files.Entry, name, final string) *file {
	id := partial.ID(e.Path)
	f := &file{tree: t, claims: c, active: a, entry: e, id: id, name: name, part: t.partial.Part(id), place: location{path: final}}
	f.size.Store(-1)
	if e.Kind == files.KindFile {
		f.size.Store(e.Size)
	}
	return f
}

// Path returns where the file goes.
func (f *file) Path() string {
	at, _, _ := f.place.get()
	return at
}

// Taken returns the path that a conflict has kept the file from, or nothing.
func (f *file) Taken() string {
	at, renamed, _ := f.place.get()
	if !renamed {
		return ""
	}
	return path.Join(path.Dir(at), f.name)
}

// SetSize sets the final size. Bytes beyond it are dropped.
func (f *file) SetSize(size int64) error {
	if size < 0 || size > wire.MaxFileSize {
		return fmt.Errorf("%s: a file cannot have %d bytes", f.Path(), size)
	}
	f.size.Store(size)
	return nil
}

// Have hashes the existing file, or what the journal says is in the partial file.
func (f *file) Have(ctx context.Context) (map[uint32]files.Block, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.state {
	case stateInPlace, stateExisting:
		return f.existing.have(ctx)
	case statePartial, stateUpdating:
		if claimed := f.partial.Account.Blocks[f.id]; len(claimed) > 0 {
			return hashPartial(ctx, f.part, f.entry, claimed)
		}
	case stateComplete:
		return hashPartial(ctx, f.part, f.entry, nil)
	}
	return nil, nil
}

// WriteAt writes to the partial file. While an existing file has the same bytes
// nothing is written. The first different ones make the conflict policy apply:
// then it may ask the user, copy the blocks that are the same, and return a
// *SkipError or an *ExistsError.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	done, err := f.beginWrite(p, off)
	if err != nil {
		return 0, err
	}
	if done {
		return len(p), nil
	}
	n, err := f.part.WriteAt(p, off, f.entry.Size)
	return n, f.writeError(err)
}

// beginWrite is true if p needs no writing any more. Else it leaves the file in a
// state in which the partial file can be written to.
func (f *file) beginWrite(p []byte, off int64) (done bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state == stateExisting && f.existing.equals(p, off) {
		return true, nil
	}
	if off == 0 && len(p) > 0 && !partial.IsHole(p) {
		if done, err := f.writeAll(p); done || err != nil {
			return true, f.writeError(err)
		}
	}
	return false, f.useFile()
}

// writeAll makes the partial file with its mode and time at once if p is all of
// it and nothing of it is there, as is so for most small files. Else it is false.
func (f *file) writeAll(p []byte) (bool, error) {
	next, ok := f.state.next(eventWriteAll)
	if !ok || !osfs.CreatesFiles || f.entry.Kind != files.KindFile || f.entry.Size != int64(len(p)) {
		return false, nil
	}
	made, err := f.part.Create(p, f.modes.of(f.entry.Kind, f.entry.Mode), f.entry.ModTime.UnixNano())
	if errors.Is(err, fs.ErrExist) {
		return false, nil // of an interrupted transfer
	}
	if err != nil {
		return false, err
	}
	f.onePiece, f.state = made, next
	return true, f.attributeErrors(made.Unsupported)
}

// useFile moves the file to a state in which the partial file can be written to.
func (f *file) useFile() error {
	next, ok := f.state.next(eventWrite)
	switch {
	case f.state == stateRefused:
		return f.refusal
	case !ok:
		return f.writeError(fs.ErrClosed)
	case f.state.hasExisting():
		refused, err := f.copyExisting()
		if refused {
			f.state, _ = f.state.next(eventRefuse)
			f.refusal = err
		}
		if err != nil {
			return err
		}
	}
	f.state = next
	return nil
}

// copyExisting makes a partial file of the existing file, which has turned out to
// be different. refused says that the error refuses the file.
func (f *file) copyExisting() (refused bool, err error) {
	x := f.existing
	d, moved, err := x.apply()
	if err != nil {
		return true, err
	}
	if moved {
		f.place.move(d)
	}
	dst, err := f.part.Open(os.O_RDWR | os.O_CREATE | os.O_TRUNC)
	if err != nil {
		return false, f.writeError(err)
	}
	if err := x.copyTo(dst); err != nil {
		_ = dst.Close()
		return errors.As(err, new(*SkipError)), err
	}
	f.part.Adopt(dst)
	f.existing, f.previous = nil, versionOf(x.record)
	f.claims.add(f, x.blocks...)
	return false, nil
}

// Verified has a block claimed. It returns the *SkipError or *ExistsError again
// that WriteAt returned, and waits while the disk is too far behind.
func (f *file) Verified(index uint32, hash files.Hash) error {
	f.mu.Lock()
	s, refusal := f.state, f.refusal
	f.mu.Unlock()
	switch {
	case s == stateRefused:
		return refusal
	case s.hasExisting():
		return nil
	}
	f.claims.add(f, journal.Block{Index: index, Hash: hash})
	return f.claims.throttle()
}

// Close gives up the file. Blocks that were verified are kept for a later
// transfer.
func (f *file) Close() error {
	f.active.remove(f)
	f.claims.close(f)
	return f.giveUp()
}

// giveUp closes the partial file for good.
func (f *file) giveUp() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state, _ = f.state.next(eventClose)
	return f.part.Close()
}

// syncData makes durable what was written to the partial file.
func (f *file) syncData() error {
	f.mu.Lock()
	flag := os.O_RDWR // some systems do not sync a file that is open for reading only
	if f.state == stateOnePiece || f.state == stateClosed && f.onePiece.Size > 0 {
		flag = os.O_RDONLY // its mode may not allow more
	}
	f.mu.Unlock()
	return f.part.Sync(flag, f.sync.data)
}
