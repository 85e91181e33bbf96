package destination

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// noTime leaves the access time of a file as it is.
var noTime = time.Time{}

// sealedFile is a file that is being committed.
type sealedFile struct {
	*committer
	file     *file
	record   journal.Placed
	over     placement
	previous version // if placeOverOwn
	kept     bool    // the existing file stays: there is nothing to place
	unsynced bool    // it was closed already when it was sealed
}

// placement is what a file may replace at its place.
type placement uint8

const (
	placeOnFree  placement = iota // nothing: the name was free, or the policy chose a free one
	placeOverOwn                  // an older version that an interrupted transfer put there
	placeOverAny                  // whatever is there, as the policy or the user said
)

// seal gives the file its final size, mode and time, and closes it.
func (s *sealedFile) seal(ctx context.Context, f files.File, sync bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own, ok := f.(*file)
	if !ok || own.tree != s.tree {
		return errOtherFile(f)
	}
	s.file = own
	size := own.size.Load()
	if kept, err := own.keepExisting(size); kept || err != nil {
		s.kept = kept
		return err
	}
	if made, ok, err := own.sealOnePiece(size); ok || err != nil {
		if ok {
			s.unsynced = true
			s.fill(made)
		}
		return err
	}
	previous, updates, err := own.sealPartial()
	if err != nil {
		return err
	}
	if updates {
		s.over, s.previous = placeOverOwn, previous
	}
	err = s.finalize(size, sync)
	if failed := own.giveUp(); err == nil {
		err = s.writeError(failed)
	}
	if err == nil && runtime.GOOS == "windows" {
		// On Windows, closing a file that was written to sets its time. A sync that is
		// under way keeps the file open, so wait for it.
		if err = s.claims.failure(); err == nil {
			err = s.writeError(s.attributeErrors(s.partial.Root.Chtimes(own.part.Name(), noTime, own.entry.ModTime)))
		}
	}
	return err
}

// finalize sets the size (as it is, if negative), mode and time of the partial file
// and fills the record.
func (s *sealedFile) finalize(size int64, sync bool) error {
	h, err := s.file.part.Acquire()
	if err != nil {
		return s.writeError(err)
	}
	defer s.file.part.Release()
	info, err := h.Stat()
	if err == nil && info.Size() < size {
		return fmt.Errorf("only %d of the %d bytes of %s were written", info.Size(), size, s.file.entry.Path)
	}
	if err == nil && size >= 0 {
		err = partial.Trim(h, info, size)
	}
	if err == nil {
		err = s.describe(h)
	}
	if err == nil && sync {
		err = s.sync.file(h)
	}
	return s.writeError(err)
}

// describe sets mode and time and fills the record.
func (s *sealedFile) describe(h *os.File) error {
	e, root, name := s.file.entry, s.partial.Root, s.file.part.Name()
	err := s.attributeErrors(root.Chtimes(name, noTime, e.ModTime), h.Chmod(s.modes.of(e.Kind, e.Mode)))
	if err != nil {
		return err
	}
	info, err := h.Stat()
	if err != nil {
		return err
	}
	s.fill(osfs.Created{ID: osfs.FileID(root, name, info), Size: info.Size(), ModTime: osfs.Nanoseconds(info.ModTime())})
	return nil
}

// fill fills the record. From now on no block of the file is claimed, because the
// record says more.
func (s *sealedFile) fill(as osfs.Created) {
	s.claims.drop(s.file)
	path, renamed, replace := s.file.place.get()
	s.record = journal.Placed{ID: s.file.id, Inode: as.ID, Size: as.Size, MTime: as.ModTime, Path: path}
	if renamed {
		s.record.Flags |= journal.PlacedRenamed
	}
	if replace && s.over == placeOnFree {
		s.over = placeOverAny
	}
}

// keepExisting is true if the existing file stays. size is the final size,
// negative if it is not known.
func (f *file) keepExisting(size int64) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.state.hasExisting() {
		return false, nil
	}
	kept, err := f.existing.keep(size)
	if kept {
		f.state, _ = f.state.next(eventClose)
		f.active.remove(f)
		f.claims.close(f)
	}
	return kept, err
}

// sealOnePiece closes a file that was written in one piece, or that is empty. It is
// false if the file is neither.
func (f *file) sealOnePiece(size int64) (made osfs.Created, ok bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if size == 0 && f.state == stateNew {
		if _, err := f.writeAll(nil); err != nil {
			return made, false, f.writeError(err)
		}
	}
	if f.state != stateOnePiece || f.onePiece.Size != size {
		return made, false, nil
	}
	f.state, _ = f.state.next(eventClose)
	return f.onePiece, true, nil
}

// sealPartial makes sure that the file is in its partial file. If it updates an
// older version that has its name, that one is returned.
func (f *file) sealPartial() (previous version, updates bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.useFile(); err != nil {
		return previous, false, err
	}
	return f.previous, f.state == stateUpdating, nil
}
