package disk

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Blocks that were verified are claimed in the journal once their data is on
// the disk. That is done for all that wait together, by a goroutine of its own:
// when claimEvery bytes of them wait, or the first of them has waited for
// claimAfter. Meanwhile the writers go on, up to claimMost bytes ahead of the
// disk: so much, or what arrived within a second, is what a kill costs. What is
// committed before its turn never gets into the journal as blocks, which keeps
// the journal small.
const (
	claimEvery = 8 << 20
	claimMost  = 24 << 20
	claimAfter = time.Second
)

// claims is the blocks of a Folder that the journal does not have yet, and the
// goroutine that sees to it that it gets them.
type claims struct {
	f    *Folder
	wake chan struct{}
	quit chan struct{}
	end  sync.WaitGroup
	stop func() // ends the goroutine and waits for it

	// batch is held while data is synced and claimed. Who has synced takes it
	// before it looks at failed: the system tells of a failure only once.
	batch  sync.Mutex
	synced time.Time // when the journal itself was last synced

	// Guarded by f.mu.
	room    sync.Cond
	dirty   map[*folderFile]struct{} // with blocks that wait
	waiting int64                    // bytes of these blocks
	since   time.Time                // when the first of them came
	failed  error                    // nothing is claimed any more
	stopped bool
}

func newClaims(f *Folder) *claims {
	c := &claims{f: f, wake: make(chan struct{}, 1), quit: make(chan struct{}), dirty: make(map[*folderFile]struct{})}
	c.room.L = &f.mu
	c.end.Go(c.run)
	c.stop = sync.OnceFunc(func() {
		f.mu.Lock()
		c.stopped = true
		c.room.Broadcast()
		f.mu.Unlock()
		close(c.quit)
		c.end.Wait()
	})
	return c
}

// add has blocks of a file claimed some time.
func (c *claims) add(ff *folderFile, blocks ...block) {
	f := c.f
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.active[ff.id] != ff || ff.sealed {
		return // committed or given up: the block came twice
	}
	f.worth = true
	if c.waiting == 0 {
		c.since = time.Now()
	}
	before := c.waiting
	ff.pending = append(ff.pending, blocks...)
	c.waiting += ff.weight(blocks)
	c.dirty[ff] = struct{}{}
	if before == 0 || before < claimEvery && c.waiting >= claimEvery {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// drop forgets the blocks of a file that the journal has as a whole. f.mu is
// held.
func (c *claims) drop(ff *folderFile) {
	c.waiting -= ff.weight(ff.pending)
	ff.pending = nil
	delete(c.dirty, ff)
	c.room.Broadcast()
}

// throttle waits while the disk is too far behind. It gives the error that
// keeps blocks from being claimed.
func (c *claims) throttle() error {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	for c.waiting >= claimMost && c.failed == nil && !c.stopped {
		c.room.Wait()
	}
	return c.failed
}

// weight is what blocks count for: their bytes, as far as they are known, and
// so much at least that tiny ones do not pile up either.
func (ff *folderFile) weight(blocks []block) (sum int64) {
	for _, b := range blocks {
		n := int64(wire.BlockSize)
		if ff.entry.Kind == wire.KindFile {
			n = min(ff.entry.Size-int64(b.index)*wire.BlockSize, n)
		}
		sum += max(n, 4<<10)
	}
	return sum
}

func (c *claims) run() {
	timer := time.NewTimer(claimAfter)
	defer timer.Stop()
	for {
		switch left, any := c.due(); {
		case !any:
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

// due is how long what waits may wait still; false if nothing does.
func (c *claims) due() (left time.Duration, any bool) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	switch {
	case c.waiting <= 0 || c.failed != nil || c.stopped:
		return 0, false
	case c.waiting >= claimEvery:
		return 0, true
	}
	return time.Until(c.since.Add(claimAfter)), true
}

func (c *claims) fail(err error) {
	err = c.f.writeError(err)
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.failed = err
	c.room.Broadcast()
}

// failure is the error of a sync that may have been another's, too.
func (c *claims) failure() error {
	c.batch.Lock()
	defer c.batch.Unlock()
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	return c.failed
}

// ripe is a file whose first blocks that wait are about to be claimed.
type ripe struct {
	ff   *folderFile
	n    int  // of its blocks
	gone bool // there is no partial file of it that could be synced
}

// claim syncs the data of all blocks that wait and then claims them. What is
// added meanwhile waits for the next time.
func (c *claims) claim() error {
	c.batch.Lock()
	defer c.batch.Unlock()
	f := c.f
	f.mu.Lock()
	began := time.Now()
	var files []ripe
	for ff := range c.dirty {
		files = append(files, ripe{ff: ff, n: len(ff.pending)})
	}
	clear(c.dirty)
	f.mu.Unlock()
	if err := c.sync(files); err != nil {
		return err
	}

	f.mu.Lock()
	var done int64
	for _, r := range files {
		done += c.enter(r)
	}
	f.mu.Unlock()
	err := f.partial.journal.flush()
	if err == nil && time.Since(c.synced) >= claimAfter {
		c.synced = time.Now()
		err = f.syncs.data(f.partial.journal.f)
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	c.waiting -= done
	c.since = began
	c.room.Broadcast()
	return err
}

// sync makes the data of files durable: one by one if they are few, else with
// the whole disk where that can be done.
func (c *claims) sync(files []ripe) error {
	if syncsWhole && len(files) > syncEach {
		return c.f.syncs.whole(c.f.partial.file)
	}
	for i := range files {
		err := files[i].ff.syncData(c.f.syncs)
		switch {
		case err == nil:
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, os.ErrClosed):
			files[i].gone = true // committed, or given up
		default:
			return err
		}
	}
	return nil
}

// enter adds the blocks of one file to the journal, unless it was sealed
// meanwhile, and says what they count for. f.mu is held.
func (c *claims) enter(r ripe) int64 {
	ff, j := r.ff, c.f.partial.journal
	if len(ff.pending) < r.n {
		return 0
	}
	blocks := ff.pending[:r.n]
	ff.pending = ff.pending[r.n:]
	if r.gone {
		return ff.weight(blocks)
	}
	if e := ff.entry; !ff.listed {
		ff.listed = true
		j.add(listed{ID: ff.id, Size: e.Size, MTime: e.MTime, Path: e.Path})
	}
	for _, b := range blocks {
		j.add(verified{ID: ff.id, Index: b.index, Hash: b.hash})
	}
	return ff.weight(blocks)
}

// finish ends the goroutine and claims what waits still.
func (c *claims) finish() error {
	c.stop()
	if err := c.failure(); err != nil {
		return err
	}
	return c.f.writeError(c.claim())
}
