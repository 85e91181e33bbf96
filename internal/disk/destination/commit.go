package destination

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// syncEach is up to how many files are synced one by one if the whole disk could
// be synced at once: that also waits for what other programs wrote.
const syncEach = 4

// committer commits batches of files:
//
//	seal         set the final size, mode and time, several files at a time
//	makeDurable  sync the files, record them, sync the journal
//	place        rename each to its final name
//
// The first two are secure. They may go on for one batch while another is placed.
type committer struct {
	*conflicts
	claims *claims
	active *activeFiles
}

// secure makes files durable and returns an error for each, or nil.
func (c *committer) secure(ctx context.Context, verified []files.File) []error {
	errs := make([]error, len(verified))
	each := !osfs.SyncsFilesystem || len(verified) <= syncEach
	batch := c.seal(ctx, verified, errs, each)
	if err := c.makeDurable(batch, each); err != nil {
		for i := range errs {
			if errs[i] == nil {
				errs[i] = err
			}
		}
		return errs
	}
	for _, s := range batch {
		s.file.sealed = s
	}
	return errs
}

// place gives files that are secured their final names and returns an error for each, or nil.
func (c *committer) place(ctx context.Context, secured []files.File) []error {
	errs := make([]error, len(secured))
	batch := make([]placing, 0, len(secured))
	for i, f := range secured {
		own, ok := f.(*file)
		switch {
		case !ok || own.tree != c.tree:
			errs[i] = errOtherFile(f)
		case own.sealed != nil: // else the existing file stays
			batch = append(batch, placing{own.sealed, i})
		}
	}
	// Folders are looked up again in every batch, since another program may have
	// swapped them, but once a batch. The renames are not done at the same time: a
	// file system does one after the other.
	slices.SortStableFunc(batch, func(a, b placing) int {
		return cmp.Compare(path.Dir(a.record.Path), path.Dir(b.record.Path))
	})
	look := c.dirs(0)
	for _, s := range batch {
		if errs[s.index] = s.place(ctx, &look); errs[s.index] == nil {
			s.markPlaced()
		}
		s.file.sealed = nil
	}
	if err := errors.Join(look.close(), c.partial.Journal.Flush()); err != nil {
		c.log.Warn("after a commit", "error", err) // the files are in place
	}
	return errs
}

// placing is a file of a batch that is placed, and its index in it.
type placing struct {
	*sealedFile
	index int
}

// commit does both, and returns an error for each file, or nil.
func (c *committer) commit(ctx context.Context, verified []files.File) []error {
	errs := c.secure(ctx, verified)
	secured := make([]files.File, 0, len(verified))
	for i, f := range verified {
		if errs[i] == nil {
			secured = append(secured, f)
		}
	}
	placed := c.place(ctx, secured)
	for i := range errs {
		if errs[i] == nil {
			errs[i], placed = placed[0], placed[1:]
		}
	}
	return errs
}

// seal seals files, several at a time, and returns those that have to be placed.
func (c *committer) seal(ctx context.Context, verified []files.File, errs []error, each bool) []*sealedFile {
	all := make([]sealedFile, len(verified))
	var next atomic.Int64
	var sealers sync.WaitGroup
	for range min(max(runtime.NumCPU(), 2), len(verified)) {
		sealers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(verified)); i = next.Add(1) - 1 {
				s := &all[i]
				s.committer = c
				errs[i] = s.seal(ctx, verified[i], each)
			}
		})
	}
	sealers.Wait()
	batch := make([]*sealedFile, 0, len(verified))
	for i := range all {
		if errs[i] == nil && !all[i].kept {
			batch = append(batch, &all[i])
		}
	}
	return batch
}

// makeDurable waits until the batch, and what the journal says of it, would
// survive a power cut.
func (c *committer) makeDurable(batch []*sealedFile, each bool) error {
	if len(batch) == 0 {
		return c.writeError(c.partial.Journal.Flush())
	}
	var err error
	if each {
		err = c.syncFiles(batch)
	} else {
		err = c.sync.whole(c.partial.File)
	}
	if err == nil {
		err = c.claims.failure()
	}
	if err != nil {
		return c.writeError(err)
	}
	for _, s := range batch {
		c.partial.Journal.Add(s.record)
	}
	err = c.partial.Journal.Flush()
	if err == nil {
		err = c.sync.data(c.partial.Journal.File())
	}
	return c.writeError(err)
}

// syncFiles syncs the files of a batch that were not synced when they were sealed.
func (c *committer) syncFiles(batch []*sealedFile) error {
	for _, s := range batch {
		if !s.unsynced {
			continue
		}
		err := s.file.part.Sync(os.O_RDONLY, c.sync.file)
		if errors.Is(err, fs.ErrPermission) { // its mode forbids opening it
			err = c.sync.whole(c.partial.File)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
