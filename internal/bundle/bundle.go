package bundle

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Bundle is one transfer in a storage. It implements files.Destination.
type Bundle struct {
	name          string
	data, journal Blob
	free          func(context.Context) (int64, error)

	mu       sync.Mutex
	names    []string // of the offer
	began    time.Time
	entries  []*item // by ID
	byPath   map[string]*item
	sealed   []byte
	finished bool
	saved    time.Time
	end      int64 // of the data that is in use or reserved
	closed   bool

	offered names.Offered
	seen    map[string]files.Kind // the paths of this process's manifest
	written int64                 // of the journal
	waiting waiting
	syncer  *syncer // from Begin on
}

// item is an entry of a bundle.
type item struct {
	entryRecord
	blocks map[uint32]blockRecord // of a file; verified
	done   bool                   // the file is complete
	stale  bool                   // of an earlier attempt; not in the manifest of this one so far
}

// open reads a bundle.
func open(name string, data, journal Blob, free func(context.Context) (int64, error)) (*Bundle, error) {
	b := &Bundle{
		name: name, data: data, journal: journal, free: free,
		byPath: make(map[string]*item), seen: make(map[string]files.Kind),
	}
	var err error
	if b.written, err = readJournal(journal, b.replay); err != nil {
		return nil, err
	}
	return b, journal.Truncate(b.written)
}

// replay takes in a record of the journal.
func (b *Bundle) replay(r record) {
	switch {
	case r.Begin != nil:
		b.begin(*r.Begin)
	case r.Entry != nil:
		b.putEntry(*r.Entry)
	case r.Block != nil && r.Block.ID < len(b.entries):
		it := b.entries[r.Block.ID]
		it.blocks[r.Block.Index] = *r.Block
		b.end = max(b.end, r.Block.At+r.Block.Size)
	case r.Done != nil && r.Done.ID < len(b.entries):
		it := b.entries[r.Done.ID]
		it.Size, it.done = r.Done.Size, true
	case r.Sealed != nil:
		b.sealed = r.Sealed
	case r.Finished:
		b.finished = true
	case r.Saved != nil:
		b.saved = *r.Saved
	}
}

// begin begins an attempt.
func (b *Bundle) begin(r beginRecord) {
	b.names, b.began, b.finished = r.Names, r.At, false
	for _, it := range b.entries {
		it.stale = true
	}
}

// putEntry adds an entry, or replaces what is said of one. IDs come in order.
func (b *Bundle) putEntry(e entryRecord) *item {
	switch {
	case e.ID < len(b.entries):
		it := b.entries[e.ID]
		it.entryRecord, it.stale = e, false
		it.done = e.Kind != files.KindFile && e.Kind != files.KindStream
	case e.ID == len(b.entries):
		b.entries = append(b.entries, &item{
			entryRecord: e, blocks: make(map[uint32]blockRecord),
			done: e.Kind != files.KindFile && e.Kind != files.KindStream,
		})
	default:
		return nil
	}
	it := b.entries[e.ID]
	b.byPath[e.Path] = it
	if e.Kind == files.KindFile {
		b.end = max(b.end, e.At+e.Size)
	}
	return it
}

// Begin takes the offer's names. It fails if the storage has not the space.
func (b *Bundle) Begin(ctx context.Context, top []string, stored int64) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if missing := stored - b.end; b.free != nil && missing > 0 {
		free, err := b.free(ctx)
		if err == nil && free >= 0 && free < missing {
			return &FullError{Bytes: missing - free}
		}
	}
	r := beginRecord{Names: top, At: time.Now()}
	b.begin(r)
	b.offered = names.OfferedBy(top)
	if b.syncer == nil {
		b.syncer = startSyncer(b)
	}
	return b.record(record{Begin: &r})
}

// Prepare checks an entry and finds what is there of it. An entry that came before
// in this transfer, or below something that is no folder, is refused.
func (b *Bundle) Prepare(ctx context.Context, _ uint64, e files.Entry) (files.File, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.admit(e); err != nil {
		return nil, err
	}
	said := entryRecord{
		ID: len(b.entries), Kind: e.Kind, Path: e.Path, Mode: e.Mode, ModTime: e.ModTime, Size: e.Size, Target: e.Target,
	}
	old, again := b.byPath[e.Path]
	again = again && old.Kind == e.Kind && (e.Kind != files.KindFile || old.Size == e.Size)
	switch {
	case again:
		said.ID, said.At = old.ID, old.At
	case e.Kind == files.KindFile:
		said.At = b.end
	}
	it := b.putEntry(said)
	b.waiting.add(record{Entry: &said})
	if it.done {
		return nil, nil
	}
	return &file{bundle: b, item: it, placed: make(map[uint32]blockRecord)}, nil
}

// admit refuses what may not be written.
func (b *Bundle) admit(e files.Entry) error {
	if reason := names.Unix.Path(e.Path); reason != "" {
		return refusal(reason)
	}
	if !b.offered.Has(e.Path) {
		return refusal("not part of the offer")
	}
	if e.Kind == files.KindSymlink {
		if reason := names.Unix.Target(e.Path, e.Target); reason != "" {
			return refusal(reason)
		}
	}
	if _, ok := b.seen[e.Path]; ok {
		return refusal("the path has come before")
	}
	for dir := path.Dir(e.Path); dir != "."; dir = path.Dir(dir) {
		if kind, ok := b.seen[dir]; ok && kind != files.KindDir {
			return refusal("a folder of the path is not a folder")
		}
	}
	if e.Kind != files.KindDir && b.isParent(e.Path) {
		return refusal("the path is a folder already")
	}
	b.seen[e.Path] = e.Kind
	for dir := path.Dir(e.Path); dir != "."; dir = path.Dir(dir) {
		if _, ok := b.seen[dir]; !ok {
			b.seen[dir] = files.KindDir
		}
	}
	return nil
}

// isParent reports whether entries were admitted below a path that did not come
// itself.
func (b *Bundle) isParent(p string) bool { return b.seen[p] == files.KindDir }

// Commit syncs files and records that they are complete.
func (b *Bundle) Commit(_ context.Context, verified []files.File) []error {
	errs := make([]error, len(verified))
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, v := range verified {
		f, ok := v.(*file)
		if !ok || f.bundle != b {
			errs[i] = errors.New("a File of another Destination")
			continue
		}
		b.waiting.add(record{Done: &doneRecord{ID: f.item.ID, Size: f.item.Size}})
	}
	err := b.sync()
	for i, v := range verified {
		if errs[i] == nil {
			errs[i] = err
		}
		if f, ok := v.(*file); ok && errs[i] == nil {
			f.item.done, f.closed = true, true
		}
	}
	return errs
}

// Finish records that everything is there.
func (b *Bundle) Finish(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.sync(); err != nil {
		return err
	}
	if err := b.record(record{Finished: true}); err != nil {
		return err
	}
	b.finished = true
	return nil
}

// Close syncs what is verified and closes the files of the storage.
func (b *Bundle) Close() error {
	b.mu.Lock()
	syncer := b.syncer
	b.mu.Unlock()
	if syncer != nil {
		syncer.stop()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	err := b.sync()
	b.closed = true
	return errors.Join(err, b.data.Close(), b.journal.Close())
}

// Entry is a complete entry of a bundle.
type Entry struct {
	files.Entry
	Pieces []Piece // of a file
	CRC    uint32  // CRC-32 of a file
}

// Piece is a part of the data.
type Piece struct{ At, Size int64 }

// Entries returns the complete entries, sorted by path.
func (b *Bundle) Entries() []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Entry
	for p, it := range b.byPath {
		if !it.done || it.stale {
			continue
		}
		e := Entry{Entry: files.Entry{
			Kind: it.Kind, Path: p, Mode: it.Mode, ModTime: it.ModTime, Size: it.Size, Target: it.Target,
		}}
		if it.Kind == files.KindFile || it.Kind == files.KindStream {
			if e.Pieces, e.CRC = it.pieces(); e.Pieces == nil && it.Size > 0 {
				continue
			}
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(x, y Entry) int { return cmp.Compare(x.Path, y.Path) })
	return all
}

// pieces returns where the data of a file is, and its CRC-32; nil if a block is
// missing.
func (it *item) pieces() (all []Piece, crc uint32) {
	size := int64(0)
	for index := uint32(0); size < it.Size; index++ {
		block, ok := it.blocks[index]
		if !ok || size+block.Size > it.Size {
			return nil, 0
		}
		if n := len(all); n > 0 && all[n-1].At+all[n-1].Size == block.At {
			all[n-1].Size += block.Size
		} else {
			all = append(all, Piece{At: block.At, Size: block.Size})
		}
		crc = combineCRC(crc, block.CRC, block.Size)
		size += block.Size
	}
	return all, crc
}

// have verifies the blocks of a file that are there.
func (b *Bundle) have(ctx context.Context, it *item) (map[uint32]files.Block, error) {
	have := make(map[uint32]files.Block)
	buf := make([]byte, files.BlockSize)
	b.mu.Lock()
	listed := make([]blockRecord, 0, len(it.blocks))
	for _, block := range it.blocks {
		listed = append(listed, block)
	}
	b.mu.Unlock()
	for _, block := range listed {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if n, err := b.data.ReadAt(buf[:block.Size], block.At); int64(n) != block.Size && err != nil {
			continue
		}
		if sum := blockhash.Sum(block.Index, buf[:block.Size]); sum.Hash == block.Hash {
			have[block.Index] = sum
		}
	}
	return have, nil
}

// refusal is a Refusal for reasons that tell nothing of this device.
type refusal string

func (r refusal) Error() string { return string(r) }
func (r refusal) Brief() string { return string(r) }
func (r refusal) Why() string   { return string(r) }

// FullError says that a storage is full. It implements files.NoSpace.
type FullError struct{ Bytes int64 } // missing; 0 if not known

func (e *FullError) Error() string { return "the browser allows no more to be stored here" }

// Missing returns the number of bytes that are missing.
func (e *FullError) Missing() int64 { return e.Bytes }

// ReadFile returns the content of a complete file.
func (b *Bundle) ReadFile(e Entry) ([]byte, error) {
	all := make([]byte, 0, e.Size)
	for _, p := range e.Pieces {
		all = all[:len(all)+int(p.Size)]
		if n, err := b.data.ReadAt(all[len(all)-int(p.Size):], p.At); int64(n) < p.Size {
			return nil, err
		}
	}
	return all, nil
}
