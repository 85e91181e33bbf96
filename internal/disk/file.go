package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// folderFile is a File of a Folder. Its bytes are in the partial file, which is
// opened by the first write, except where a whole file is at its place already:
// then they stay there until one of them is different.
type folderFile struct {
	f     *Folder
	entry wire.Entry
	id    uint64
	name  string // of its place, before a conflict changed it
	handle

	// Guarded by f.mu.
	path    string  // where it goes, relative to the destination
	renamed bool    // path is not the manifest's, for a conflict
	replace bool    // the person said that what is at path may be replaced
	size    int64   // final size, -1 if it is what was written
	listed  bool    // the journal knows the file
	pending []block // for claims
	sealed  bool    // Commit has begun: nothing more of it is claimed

	// Guarded by handle.mu.
	whole    *wholeFile // not nil: the partial file was written and closed at once
	reserved reservation

	// Of what was there before. Guarded by handle.mu.
	base    *standing // not nil: a whole file is at path, and no byte was found different
	own     *placed   // not nil: what is at path is ours, and older than the partial file
	ready   bool      // an interrupted transfer left the partial file whole, only its rename is missing
	refusal error     // the file is not wanted, as the policy or the person said meanwhile
}

// goTo sets the file's place.
func (ff *folderFile) goTo(v verdict) {
	ff.f.mu.Lock()
	defer ff.f.mu.Unlock()
	ff.path, ff.renamed, ff.replace = path.Join(path.Dir(ff.path), v.name), v.renamed, v.replace
}

func (ff *folderFile) Path() string {
	ff.f.mu.Lock()
	defer ff.f.mu.Unlock()
	return ff.path
}

func (ff *folderFile) WriteAt(p []byte, off int64) (int, error) {
	if ff.unchanged(p, off) {
		return len(p), nil
	}
	if done, err := ff.writeWhole(p, off); done || err != nil {
		return len(p), ff.f.writeError(err)
	}
	h, err := ff.acquire()
	if err != nil {
		return 0, err
	}
	defer ff.release()
	n, err := ff.reserved.writeAt(h, p, off, ff.entry.Size)
	if err == nil {
		startWriteBack(h, off, off+int64(n))
	}
	return n, ff.f.writeError(err)
}

func (ff *folderFile) SetSize(size int64) error {
	if size < 0 || size > wire.MaxFileSize {
		return fmt.Errorf("%s: a file cannot have %d bytes", ff.Path(), size)
	}
	ff.f.mu.Lock()
	defer ff.f.mu.Unlock()
	ff.size = size
	return nil
}

func (ff *folderFile) Verified(index uint32, hash blockhash.Hash) error {
	ff.mu.Lock()
	known, refusal := ff.base != nil, ff.refusal
	ff.mu.Unlock()
	if known || refusal != nil {
		return refusal
	}
	ff.f.claims.add(ff, block{index, hash})
	return ff.f.claims.throttle()
}

func (ff *folderFile) Close() error {
	ff.f.mu.Lock()
	if ff.f.active[ff.id] == ff {
		delete(ff.f.active, ff.id)
	}
	ff.f.mu.Unlock()
	return ff.giveUp()
}

// giveUp closes the partial file for good.
func (ff *folderFile) giveUp() error {
	ff.mu.Lock()
	defer ff.mu.Unlock()
	ff.done = true
	ff.f.handles.forget(ff)
	if ff.file != nil {
		ff.reserved.giveBack(ff.file)
	}
	return ff.closeHandle()
}

func (ff *folderFile) closeHandle() error {
	if ff.file == nil {
		return nil
	}
	err := ff.file.Close()
	ff.file = nil
	return err
}

// closeIdle closes the partial file for now; false if it is in use.
func (ff *folderFile) closeIdle() bool {
	ff.mu.Lock()
	defer ff.mu.Unlock()
	if ff.users > 0 {
		return false
	}
	// All was written: a file system that tells of a failure only on close is
	// asked again by the sync of the commit.
	_ = ff.closeHandle()
	return true
}

// acquire opens the partial file if it is closed and keeps it open until
// release. The errors are for people.
func (ff *folderFile) acquire() (*os.File, error) {
	h, err := ff.openHandle()
	if err == nil {
		ff.f.handles.touch(ff) // not under ff.mu: it may close another file
	}
	return h, err
}

func (ff *folderFile) openHandle() (*os.File, error) {
	ff.mu.Lock()
	defer ff.mu.Unlock()
	switch {
	case ff.refusal != nil: // also after Close: another goroutine may not know yet
		return nil, ff.refusal
	case ff.done:
		return nil, ff.f.writeError(fs.ErrClosed)
	}
	if ff.base != nil {
		if err := ff.takeBack(); err != nil {
			return nil, err
		}
	}
	if ff.file == nil {
		h, err := ff.openPart(os.O_RDWR | os.O_CREATE)
		if err != nil {
			return nil, ff.f.writeError(err)
		}
		ff.file = h
	}
	ff.whole = nil
	ff.users++
	return ff.file, nil
}

func (ff *folderFile) release() {
	ff.mu.Lock()
	ff.users--
	ff.mu.Unlock()
}

// syncData makes durable what was written of the partial file.
func (ff *folderFile) syncData(s syncer) error {
	ff.mu.Lock()
	h := ff.file
	if h != nil {
		ff.users++
		ff.mu.Unlock()
		defer ff.release()
		return s.data(h)
	}
	flag := os.O_RDWR // some systems do not sync what is open for reading alone
	if ff.whole != nil {
		flag = os.O_RDONLY // its mode may forbid more
	}
	h, err := ff.f.partial.root.OpenFile(partName(ff.id), flag, 0)
	ff.mu.Unlock()
	if err != nil {
		return err
	}
	return errors.Join(s.data(h), h.Close())
}

func (ff *folderFile) openPart(flag int) (*os.File, error) {
	root, name := ff.f.partial.root, partName(ff.id)
	h, err := root.OpenFile(name, flag, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		// It has its final mode already: a commit was interrupted.
		if err := root.Chmod(name, 0o600); err != nil {
			return nil, err
		}
		return root.OpenFile(name, flag, 0o600)
	}
	return h, err
}
