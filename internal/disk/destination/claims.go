package destination

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Verified blocks are claimed in the journal once their data is on the disk. A
// goroutine does that for all blocks that are waiting: when claimBytes of them
// wait, or the first one has waited for claimDelay. Meanwhile the writers go on,
// until claimLimit bytes wait. So that much, or what arrived within a second, is
// what a kill costs. A file that is committed before its turn is never claimed
// block by block, which keeps the journal small.
const (
	claimBytes = 8 << 20
	claimLimit = 24 << 20
	claimDelay = time.Second
)

// claims are the verified blocks that the journal does not have yet, and the
// goroutine that claims them.
type claims struct {
	*tree
	resume *resumeMemory
	wake   chan struct{}
	quit   chan struct{}
	end    sync.WaitGroup
	stop   func() // ends the goroutine and waits for it

	// batch is held while data is synced and claimed. Whoever has synced takes it
	// before looking at failed, because the system reports a failure only once.
	batch  sync.Mutex
	synced time.Time // when the journal itself was last synced

	mu      sync.Mutex
	room    sync.Cond
	dirty   map[*file]struct{} // files with blocks that wait
	waiting int64              // bytes of these blocks
	since   time.Time          // when the first of them was added
	failed  error              // nothing is claimed after an error
	stopped bool
}

// unclaimed are the blocks of one file that wait. claims.mu guards them.
type unclaimed struct {
	blocks []journal.Block
	listed bool // the journal has a Listed record of the file
	closed bool // no more blocks are added
}

func newClaims(t *tree, resume *resumeMemory) *claims {
	c := &claims{
		tree: t, resume: resume,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), dirty: make(map[*file]struct{}),
	}
	c.room.L = &c.mu
	c.end.Go(c.run)
	c.stop = sync.OnceFunc(func() {
		c.mu.Lock()
		c.stopped = true
		c.room.Broadcast()
		c.mu.Unlock()
		close(c.quit)
		c.end.Wait()
	})
	return c
}

// add adds blocks of a file, to be claimed later.
func (c *claims) add(f *file, blocks ...journal.Block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.unclaimed.closed {
		return // committed or given up: the block came twice
	}
	c.resume.keep()
	if c.waiting == 0 {
		c.since = time.Now()
	}
	before := c.waiting
	f.unclaimed.blocks = append(f.unclaimed.blocks, blocks...)
	c.waiting += weight(f.entry, blocks)
	c.dirty[f] = struct{}{}
	if before == 0 || before < claimBytes && c.waiting >= claimBytes {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// close lets no more blocks of a file be added. Those that wait are still claimed.
func (c *claims) close(f *file) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.unclaimed.closed = true
}

// drop forgets the blocks of a file that the journal is going to have as a whole.
func (c *claims) drop(f *file) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting -= weight(f.entry, f.unclaimed.blocks)
	f.unclaimed.blocks, f.unclaimed.closed = nil, true
	delete(c.dirty, f)
	c.room.Broadcast()
}

// throttle waits while the disk is too far behind. It returns the error after
// which nothing is claimed.
func (c *claims) throttle() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.waiting >= claimLimit && c.failed == nil && !c.stopped {
		c.room.Wait()
	}
	return c.failed
}

// minWeight is what a block counts at least, so that tiny ones do not pile up.
const minWeight = 4 << 10

// weight returns what blocks count: their bytes, as far as they are known.
func weight(e files.Entry, blocks []journal.Block) (sum int64) {
	for _, b := range blocks {
		n := int64(files.BlockSize)
		if e.Kind == files.KindFile {
			n = min(e.Size-int64(b.Index)*files.BlockSize, n)
		}
		sum += max(n, minWeight)
	}
	return sum
}

// run claims what is due until stop.
func (c *claims) run() {
	timer := time.NewTimer(claimDelay)
	defer timer.Stop()
	for {
		switch left, waiting := c.due(); {
		case !waiting:
			timer.Stop()
		case left > 0:
			timer.Reset(left)
		default:
			if err := c.claim(); err != nil {
				c.fail(err)
			}
			continue
		}
		select {
		case <-c.wake:
		case <-timer.C:
		case <-c.quit:
			return
		}
	}
}

// due returns for how long the waiting blocks may still wait. It is false if there
// are none.
func (c *claims) due() (left time.Duration, waiting bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.waiting <= 0 || c.failed != nil || c.stopped:
		return 0, false
	case c.waiting >= claimBytes:
		return 0, true
	}
	return time.Until(c.since.Add(claimDelay)), true
}

func (c *claims) fail(err error) {
	err = c.writeError(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = err
	c.room.Broadcast()
}

// failure returns the error of a sync, which may also be the reason why a sync
// elsewhere found nothing to complain about.
func (c *claims) failure() error {
	c.batch.Lock()
	defer c.batch.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// dueFile is a file whose first waiting blocks are being claimed.
type dueFile struct {
	file *file
	n    int  // of its blocks
	gone bool // it has no partial file any more that could be synced
}

// claim syncs the data of all waiting blocks and then claims them. Blocks that are
// added meanwhile wait for the next time.
func (c *claims) claim() error {
	c.batch.Lock()
	defer c.batch.Unlock()
	c.mu.Lock()
	began := time.Now()
	var due []dueFile
	for f := range c.dirty {
		due = append(due, dueFile{file: f, n: len(f.unclaimed.blocks)})
	}
	clear(c.dirty)
	c.mu.Unlock()
	if err := c.syncFiles(due); err != nil {
		return err
	}

	c.mu.Lock()
	var done int64
	for _, d := range due {
		done += c.record(d)
	}
	c.mu.Unlock()
	err := c.partial.Journal.Flush()
	if err == nil && time.Since(c.synced) >= claimDelay {
		c.synced = time.Now()
		err = c.sync.data(c.partial.Journal.File())
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting -= done
	c.since = began
	c.room.Broadcast()
	return err
}

// syncFiles makes the data of files durable: a few one by one, and many with the
// whole disk, where that is possible.
func (c *claims) syncFiles(due []dueFile) error {
	if osfs.SyncsFilesystem && len(due) > syncEach {
		return c.sync.whole(c.partial.File)
	}
	for i := range due {
		err := due[i].file.syncData()
		switch {
		case err == nil:
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, os.ErrClosed):
			due[i].gone = true // committed, or given up
		default:
			return err
		}
	}
	return nil
}

// record adds the blocks of one file to the journal, unless they were dropped
// meanwhile, and returns their weight. c.mu is held.
func (c *claims) record(d dueFile) int64 {
	u, e, j := &d.file.unclaimed, d.file.entry, c.partial.Journal
	if len(u.blocks) < d.n {
		return 0
	}
	blocks := u.blocks[:d.n]
	u.blocks = u.blocks[d.n:]
	if d.gone {
		return weight(e, blocks)
	}
	if !u.listed {
		u.listed = true
		j.Add(journal.Listed{ID: d.file.id, Size: e.Size, MTime: e.ModTime.UnixNano(), Path: e.Path})
	}
	for _, b := range blocks {
		j.Add(journal.Verified{ID: d.file.id, Index: b.Index, Hash: b.Hash})
	}
	return weight(e, blocks)
}

// finish ends the goroutine and claims what still waits.
func (c *claims) finish() error {
	c.stop()
	if err := c.failure(); err != nil {
		return err
	}
	return c.writeError(c.claim())
}
