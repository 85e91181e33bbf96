package disk

import (
	"errors"
	"io/fs"
	"os"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// wholeFile is a partial file that came in one piece, as most small ones do. It
// was made, written, given its mode and time and closed at once, by whichever
// goroutine wrote it, and needs nothing more than to be synced and renamed.
type wholeFile struct {
	inode uint64
	size  int64
	mtime int64 // as the disk has it
}

// writeWhole writes the file if p is all of it and nothing of it is there; else
// it is false.
func (ff *folderFile) writeWhole(p []byte, off int64) (bool, error) {
	if off != 0 || len(p) == 0 || len(p) >= holeFrom && zeros(p) {
		return false, nil
	}
	ff.mu.Lock()
	defer ff.mu.Unlock()
	return ff.makeWhole(p)
}

// makeWhole is writeWhole with ff.mu held.
func (ff *folderFile) makeWhole(p []byte) (bool, error) {
	switch {
	case !makesWhole || ff.entry.Kind != wire.KindFile || ff.entry.Size != int64(len(p)):
		return false, nil
	case ff.refusal != nil || ff.done || ff.file != nil || ff.whole != nil:
		return false, nil
	case ff.base != nil || ff.own != nil || ff.ready || ff.listed:
		return false, nil
	}
	whole, err := makeWhole(ff.f, partName(ff.id), p, ff.entry)
	if errors.Is(err, fs.ErrExist) {
		return false, nil // of an interrupted transfer
	}
	if err != nil {
		return false, err
	}
	ff.whole = &whole
	return true, nil
}

// sealWhole is finalize for a file that came in one piece, or is empty; false
// if it did not.
func (c *committing) sealWhole(size int64) (bool, error) {
	ff := c.file
	ff.mu.Lock()
	defer ff.mu.Unlock()
	if size == 0 && ff.whole == nil {
		if _, err := ff.makeWhole(nil); err != nil {
			return false, c.f.writeError(err)
		}
	}
	w := ff.whole
	if w == nil || ff.done || w.size != size {
		return false, nil
	}
	ff.done = true
	c.fill(w.inode, w.size, w.mtime)
	c.unsynced = true
	return true, nil
}

// syncWhole makes the file durable, which is closed, with its mode and time.
func (ff *folderFile) syncWhole() error {
	h, err := ff.f.partial.root.OpenFile(partName(ff.id), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(ff.f.syncs.file(h), h.Close())
}
