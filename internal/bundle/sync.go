package bundle

import (
	"io/fs"
	"sync"
	"time"
)

// Verified blocks are recorded in the journal once their data is synced: when
// syncBytes of them wait, or the first one has waited for syncDelay. So that much, or
// what arrived within a second, is what a crash costs. The command line has the same
// rule for its disk.
const (
	syncBytes = 16 << 20
	syncDelay = time.Second
)

// waiting are the records whose data is not synced yet. The bundle's lock guards it.
type waiting struct {
	records []record
	bytes   int64 // of the blocks among them
	failed  error // nothing is recorded after an error
}

func (w *waiting) add(r record) {
	w.records = append(w.records, r)
	if r.Block != nil {
		w.bytes += r.Block.Size
	}
}

// record appends records to the journal; b.mu is held.
func (b *Bundle) record(records ...record) error {
	if b.closed {
		return fs.ErrClosed
	}
	var buf []byte
	for _, r := range records {
		var err error
		if buf, err = appendRecord(buf, r); err != nil {
			return err
		}
	}
	if _, err := b.journal.WriteAt(buf, b.written); err != nil {
		return err
	}
	b.written += int64(len(buf))
	return b.journal.Flush()
}

// sync makes data durable and then records what waits for it; b.mu is held. After an
// error it returns the same one: a storage may report a failure only once.
func (b *Bundle) sync() error {
	switch {
	case b.closed:
		return fs.ErrClosed
	case b.waiting.failed != nil:
		return b.waiting.failed
	case len(b.waiting.records) == 0:
		return nil
	}
	err := b.data.Flush()
	if err == nil {
		err = b.record(b.waiting.records...)
	}
	if err != nil {
		b.waiting.failed = err
		return err
	}
	b.waiting.records, b.waiting.bytes = b.waiting.records[:0], 0
	return nil
}

// addVerified adds a verified block to what waits, and syncs if that is enough; b.mu is
// held.
func (b *Bundle) addVerified(block blockRecord) error {
	if b.waiting.failed != nil {
		return b.waiting.failed
	}
	first := b.waiting.bytes == 0
	b.waiting.add(record{Block: &block})
	if b.waiting.bytes >= syncBytes {
		return b.sync()
	}
	if first && b.syncer != nil {
		b.syncer.begin()
	}
	return nil
}

// syncer is the goroutine that syncs what has waited for syncDelay.
type syncer struct {
	bundle *Bundle
	first  chan struct{} // a block waits, and it is the first one
	quit   chan struct{}
	end    sync.WaitGroup
	stop   func() // ends the goroutine and waits for it; the bundle's lock is not held
}

func startSyncer(b *Bundle) *syncer {
	s := &syncer{bundle: b, first: make(chan struct{}, 1), quit: make(chan struct{})}
	s.stop = sync.OnceFunc(func() {
		close(s.quit)
		s.end.Wait()
	})
	s.end.Go(s.run)
	return s
}

// begin says that a block waits.
func (s *syncer) begin() {
	select {
	case s.first <- struct{}{}:
	default: // it was said and not heard yet
	}
}

func (s *syncer) run() {
	timer := time.NewTimer(syncDelay)
	defer timer.Stop()
	timer.Stop()
	for {
		select {
		case <-s.first:
			timer.Reset(syncDelay)
		case <-timer.C:
			s.bundle.mu.Lock()
			_ = s.bundle.sync() // the next block, or the end, has the error
			s.bundle.mu.Unlock()
		case <-s.quit:
			return
		}
	}
}
