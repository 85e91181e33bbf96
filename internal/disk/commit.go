package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"syscall"
	"time"
)

// syncEach is up to how many files are synced one by one where the whole disk
// could be synced at once: that also waits for what other programs wrote.
const syncEach = 4

// Commit puts files whose bytes were all verified in place, and returns an
// error for each or nil. First their data, modes and times are made durable,
// with one sync for all where the system can; only then each is renamed to its
// final name. What appeared there since Prepare is replaced only under
// PolicyOverwrite. A *SkipError says why one file was not taken, an
// *ExistsError that PolicyFail wants the transfer to end; others are of the
// disk.
func (f *Folder) Commit(ctx context.Context, files []File) []error {
	errs := make([]error, len(files))
	batch := make([]*committing, 0, len(files))
	each := !syncsWhole || len(files) <= syncEach
	for i, file := range files {
		c := &committing{f: f, err: &errs[i]}
		if errs[i] = c.seal(ctx, file, each); errs[i] == nil && !c.inPlace {
			batch = append(batch, c)
		}
	}
	if err := f.makeDurable(batch, each); err != nil {
		for _, c := range batch {
			*c.err = err
		}
		return errs
	}
	// Folders are looked up anew in every batch: one may have been swapped.
	look := parents{dest: f.dest, avoid: f.partial.info}
	for _, c := range batch {
		if *c.err = c.place(ctx, &look); *c.err == nil {
			c.settled()
		}
	}
	if err := errors.Join(look.close(), f.partial.journal.flush()); err != nil {
		f.log.Warn("after a commit", "error", err) // the files are in place
	}
	return errs
}

// makeDurable waits until the batch and what the journal says of it would
// survive a power cut.
func (f *Folder) makeDurable(batch []*committing, each bool) error {
	for _, c := range batch {
		f.partial.journal.add(c.record)
	}
	err := f.partial.journal.flush()
	switch {
	case err != nil || len(batch) == 0:
	case each:
		err = f.partial.journal.f.Sync()
	default:
		err = syncWhole(f.partial.file)
	}
	return f.writeError(err)
}

// committing is one file on its way to its name.
type committing struct {
	f       *Folder
	file    *folderFile
	record  placed
	inPlace bool // nothing to be done
	err     *error
}

// seal gives the partial file its final size, mode and time and closes it.
func (c *committing) seal(ctx context.Context, file File, sync bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ff, ok := file.(*folderFile)
	if !ok || ff.f != c.f {
		return fmt.Errorf("%s is not a file of this destination", file.Path())
	}
	c.file = ff
	ff.f.mu.Lock()
	size := ff.size
	ff.f.mu.Unlock()

	if done, err := ff.keepInPlace(size); done || err != nil {
		c.inPlace = done
		return c.f.writeError(err)
	}
	h, err := ff.acquire()
	if err != nil {
		return c.f.writeError(err)
	}
	err = c.finalize(h, size, sync)
	ff.release()
	if failed := ff.giveUp(); err == nil {
		err = c.f.writeError(failed)
	}
	if err == nil && runtime.GOOS == "windows" {
		// There the close of a file that was written to sets its time.
		err = c.f.writeError(c.f.attributes(c.f.partial.root.Chtimes(partName(ff.id), time.Time{}, time.Unix(0, ff.entry.MTime))))
	}
	return err
}

// finalize sets size (as it is, if negative), mode and time of the open partial
// file and fills the record.
func (c *committing) finalize(h *os.File, size int64, sync bool) error {
	info, err := h.Stat()
	if err == nil && info.Size() < size {
		return fmt.Errorf("only %d of the %d bytes of %s were written", info.Size(), size, c.file.entry.Path)
	}
	if err == nil && size >= 0 && info.Size() > size {
		err = h.Truncate(size)
	}
	if err == nil {
		err = c.describe(h)
	}
	if err == nil && sync {
		err = h.Sync()
	}
	return c.f.writeError(err)
}

// describe sets mode and time and fills the record.
func (c *committing) describe(h *os.File) error {
	e, root, name := c.file.entry, c.f.partial.root, partName(c.file.id)
	err := c.f.attributes(
		root.Chtimes(name, time.Time{}, time.Unix(0, e.MTime)),
		h.Chmod(fs.FileMode(e.Mode&0o777)))
	if err != nil {
		return err
	}
	info, err := h.Stat()
	if err != nil {
		return err
	}
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.file.pending = nil // the record says more
	c.record = placed{
		ID:    c.file.id,
		Inode: identify(root, name, info),
		Size:  info.Size(),
		MTime: nanoseconds(info.ModTime()), // rounded to what the disk can keep
		Path:  c.file.path,
	}
	if c.file.renamed {
		c.record.Flags |= placedRenamed
	}
	return nil
}

// attributes passes over the errors of setting a mode or a time that the disk
// cannot keep, as FAT cannot.
func (f *Folder) attributes(errs ...error) error {
	for _, err := range errs {
		switch {
		case err == nil:
		case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP):
			f.log.Debug("mode or time not kept", "error", err)
		default:
			return err
		}
	}
	return nil
}

// keepInPlace is true if the file is in place since an interrupted transfer and
// nothing in it was different; then only mode and time may still be.
func (ff *folderFile) keepInPlace(size int64) (bool, error) {
	ff.mu.Lock()
	defer ff.mu.Unlock()
	if ff.inPlace == nil || (size >= 0 && size != ff.inPlace.Size) {
		return false, nil
	}
	look := parents{dest: ff.f.dest, avoid: ff.f.partial.info}
	at, name := split(ff.inPlace.Path)
	dir, err := look.open(at)
	if err != nil {
		return false, err
	}
	defer look.close()
	e := ff.entry
	err = ff.f.attributes(
		dir.root.Chtimes(name, time.Time{}, time.Unix(0, e.MTime)),
		dir.root.Chmod(name, fs.FileMode(e.Mode&0o777)))
	if err != nil {
		return false, err
	}
	ff.done = true
	ff.f.forget(ff)
	return true, nil
}

// place renames the file to its name.
func (c *committing) place(ctx context.Context, look *parents) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	at, name := split(c.record.Path)
	dir, err := look.open(at)
	if err != nil {
		return c.f.refusal(c.file.entry.Path, err)
	}
	part := partName(c.file.id)
	if c.file.own == nil && !c.file.replace {
		err = moveNew(c.f.partial.openDir, dir, part, name)
		if errors.Is(err, fs.ErrExist) {
			err = c.placeOnTaken(dir, name)
		}
	} else {
		err = c.placeOnTaken(dir, name)
	}
	var skip *SkipError
	var exists *ExistsError
	if err == nil || errors.As(err, &skip) || errors.As(err, &exists) {
		return err
	}
	return c.f.placeError(c.file.entry.Path, err)
}

// placeOnTaken renames the file to a name at which there is something, or was
// at Prepare.
func (c *committing) placeOnTaken(dir *openDir, name string) error {
	ff := c.file
	part := partName(ff.id)
	info, err := dir.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return moveNew(c.f.partial.openDir, dir, part, name)
	}
	if err != nil {
		return err
	}
	flags, ours := c.f.placedHere(dir, name, info)
	own := ff.own != nil && identify(dir.root, name, info) == ff.own.Inode
	switch {
	case own:
		return moveOver(c.f.partial.openDir, dir, part, name)
	case ff.renamed || c.f.options.Policy == PolicyRename && !ours || ours && flags&placedRenamed != 0:
		return c.placeBeside(dir)
	case ours:
		return collision(ff.entry.Path)
	case info.IsDir():
		return refused(ff.entry.Path, "a folder is in its place", "a folder of the name is there now, which is not replaced", nil)
	case ff.replace || c.f.options.Policy == PolicyOverwrite:
		return moveOver(c.f.partial.openDir, dir, part, name)
	case c.f.options.Policy == PolicySkip:
		return refused(ff.entry.Path, "exists already", "skipped, because it is there already", nil)
	case c.f.options.Policy == PolicyFail:
		return &ExistsError{Path: c.record.Path}
	}
	return refused(ff.entry.Path, "appeared on the receiving side", "another program made a file of the name while this one was received: receive it again", nil)
}

// placeBeside renames the file to the next free name.
func (c *committing) placeBeside(dir *openDir) error {
	for {
		free, err := c.f.freeName(dir, c.file.name, c.file.entry.Path)
		if err != nil {
			return err
		}
		err = moveNew(c.f.partial.openDir, dir, partName(c.file.id), free)
		if errors.Is(err, fs.ErrExist) {
			continue // taken since freeName looked
		}
		if err == nil {
			c.record.Path, c.record.Flags = path.Join(dir.path, free), placedRenamed
			c.f.partial.journal.add(c.record)
		}
		return err
	}
}

// settled notes that the file is in place.
func (c *committing) settled() {
	f, ff := c.f, c.file
	f.mu.Lock()
	defer f.mu.Unlock()
	ff.path = c.record.Path
	if c.record.Inode != 0 {
		f.inodes[c.record.Inode] = c.record.Flags
	}
	f.worth = true
	delete(f.active, ff.id)
}

func (f *Folder) forget(ff *folderFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.active, ff.id)
}

func (f *Folder) placeError(p string, err error) error {
	if errors.Is(err, syscall.EXDEV) {
		return refused(p, "its folder is on another disk", "its folder is the root of another disk: receive into that folder with --output", err)
	}
	return f.refusal(p, err)
}
