package disk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// syncEach is up to how many files are synced one by one where the whole disk
// could be synced at once: that also waits for what other programs wrote.
const syncEach = 4

// Commit puts files whose bytes were all verified in place, and returns an
// error for each or nil. First their data, modes and times are made durable,
// with one sync for all where the system can; then the journal has them, and is
// durable too; only then each is renamed to its final name. What appeared there
// since Prepare is replaced only under PolicyOverwrite. A *SkipError says why
// one file was not taken, an *ExistsError that PolicyFail wants the transfer to
// end; others are of the disk.
func (f *Folder) Commit(ctx context.Context, files []File) []error {
	errs := make([]error, len(files))
	each := !syncsWhole || len(files) <= syncEach
	batch := f.seal(ctx, files, errs, each)
	if err := f.makeDurable(batch, each); err != nil {
		for _, c := range batch {
			*c.err = err
		}
		return errs
	}
	// Folders are looked up anew in every batch: one may have been swapped. Each
	// is looked up once. The renames are not done beside each other: a file
	// system does one at a time.
	slices.SortStableFunc(batch, func(a, b *committing) int {
		return cmp.Compare(path.Dir(a.record.Path), path.Dir(b.record.Path))
	})
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

// seal seals files, several at a time, and returns those that are to be placed.
func (f *Folder) seal(ctx context.Context, files []File, errs []error, each bool) []*committing {
	all := make([]committing, len(files))
	var next atomic.Int64
	var sealers sync.WaitGroup
	for range min(max(runtime.NumCPU(), 2), len(files)) {
		sealers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				c := &all[i]
				c.f, c.err = f, &errs[i]
				errs[i] = c.seal(ctx, files[i], each)
			}
		})
	}
	sealers.Wait()
	batch := make([]*committing, 0, len(files))
	for i := range all {
		if errs[i] == nil && !all[i].inPlace {
			batch = append(batch, &all[i])
		}
	}
	return batch
}

// makeDurable waits until the batch and what the journal says of it would
// survive a power cut.
func (f *Folder) makeDurable(batch []*committing, each bool) error {
	if len(batch) == 0 {
		return f.writeError(f.partial.journal.flush())
	}
	var err error
	if each {
		err = syncEvery(batch)
	} else {
		err = f.syncs.whole(f.partial.file)
	}
	if err == nil {
		err = f.claims.failure()
	}
	if err != nil {
		return f.writeError(err)
	}
	for _, c := range batch {
		f.partial.journal.add(c.record)
	}
	err = f.partial.journal.flush()
	if err == nil {
		err = f.syncs.data(f.partial.journal.f)
	}
	return f.writeError(err)
}

// syncEvery syncs the files of a batch that were not synced when they were
// sealed.
func syncEvery(batch []*committing) error {
	for _, c := range batch {
		if !c.unsynced {
			continue
		}
		err := c.file.syncWhole()
		if errors.Is(err, fs.ErrPermission) { // its mode forbids to open it
			err = c.f.syncs.whole(c.f.partial.file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// committing is one file on its way to its name.
type committing struct {
	f        *Folder
	file     *folderFile
	record   placed
	inPlace  bool // nothing to be done
	unsynced bool // it was not open when it was sealed
	err      *error
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
	if done, err := c.sealWhole(size); done || err != nil {
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
		// There the close of a file that was written to sets its time, and it is
		// closed only when a sync of it that is under way has ended.
		if err = c.f.claims.failure(); err == nil {
			err = c.f.writeError(c.f.attributes(c.f.partial.root.Chtimes(partName(ff.id), time.Time{}, time.Unix(0, ff.entry.MTime))))
		}
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
	// More than its size may have been reserved for it.
	if err == nil && size >= 0 && (info.Size() > size || allocated(info) >= size+reservedFrom) {
		err = h.Truncate(size)
	}
	if err == nil {
		err = c.describe(h)
	}
	if err == nil && sync {
		err = c.f.syncs.file(h)
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
	c.fill(identify(root, name, info), info.Size(), nanoseconds(info.ModTime()))
	return nil
}

// fill fills the record; mtime is rounded to what the disk can keep.
func (c *committing) fill(inode uint64, size, mtime int64) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.file.sealed = true
	c.f.claims.drop(c.file) // the record says more
	c.record = placed{ID: c.file.id, Inode: inode, Size: size, MTime: mtime, Path: c.file.path}
	if c.file.renamed {
		c.record.Flags |= placedRenamed
	}
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
