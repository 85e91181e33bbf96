package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// folderFile is a File of a Folder. Its bytes are in the partial file, which is
// opened by the first write, except where an interrupted transfer had put the
// file in place already: then they stay there until one of them is different.
type folderFile struct {
	f     *Folder
	entry wire.Entry
	id    uint64
	name  string // of its place, before a conflict changed it
	handle

	// Guarded by f.mu.
	path    string // where it goes, relative to the destination
	renamed bool   // path is not the manifest's, for a conflict
	replace bool   // the person said that what is at path may be replaced
	size    int64  // final size, -1 if it is what was written
	listed  bool   // the journal knows the file
	pending []block
	isDirty bool // it is in f.dirty

	// Of what an interrupted transfer left. Guarded by handle.mu.
	inPlace *placed // not nil: the file is whole at path
	own     *placed // not nil: what is at path is ours, and older than the partial file
	whole   bool    // the partial file is whole, only its rename is missing
	had     []block // what Have found in place
}

func (ff *folderFile) Path() string {
	ff.f.mu.Lock()
	defer ff.f.mu.Unlock()
	return ff.path
}

func (ff *folderFile) WriteAt(p []byte, off int64) (int, error) {
	h, err := ff.acquire()
	if err != nil {
		return 0, ff.f.writeError(err)
	}
	defer ff.release()
	n, err := h.WriteAt(p, off)
	ff.f.landed.Add(int64(n))
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
	known := ff.inPlace != nil
	ff.mu.Unlock()
	if known {
		return nil
	}
	return ff.f.record(ff, block{index, hash})
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
// release.
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
	if ff.done {
		return nil, fs.ErrClosed
	}
	if ff.inPlace != nil {
		if err := ff.takeBack(); err != nil {
			return nil, err
		}
	}
	if ff.file == nil {
		h, err := ff.openPart(os.O_RDWR | os.O_CREATE)
		if err != nil {
			return nil, err
		}
		ff.file = h
	}
	ff.users++
	return ff.file, nil
}

func (ff *folderFile) release() {
	ff.mu.Lock()
	ff.users--
	ff.mu.Unlock()
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

// takeBack makes a partial file of a file that is in place, so that nothing is
// ever written into one that bears its final name.
func (ff *folderFile) takeBack() error {
	src, err := ff.openPlaced()
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := ff.openPart(os.O_RDWR | os.O_CREATE | os.O_TRUNC)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		return errors.Join(err, dst.Close())
	}
	ff.file, ff.own, ff.inPlace = dst, ff.inPlace, nil
	return ff.f.record(ff, ff.had...)
}

func (ff *folderFile) openPlaced() (*os.File, error) {
	p := parents{dest: ff.f.dest, avoid: ff.f.partial.info}
	dir, name := split(ff.inPlace.Path)
	d, err := p.open(dir)
	if err != nil {
		return nil, err
	}
	defer p.close()
	return d.root.OpenFile(name, os.O_RDONLY|openNonblock, 0)
}
