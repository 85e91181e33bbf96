package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
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

	if done, err := ff.keepStanding(size); done || err != nil {
		c.inPlace = done
		return err
	}
	h, err := ff.acquire()
	if err != nil {
		return err
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

func (f *Folder) forget(ff *folderFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.active, ff.id)
}
