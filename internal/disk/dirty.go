package disk

import (
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Blocks that were verified wait in memory until recordEvery bytes of them are
// together, until one is verified flushEvery or longer after the journal was
// last written, or until the folder is closed. Those of a small file, committed
// before that, never get into the journal: it stays small. So a kill costs what
// arrived within a second, and at most 8 MiB.
const (
	recordEvery = 8 << 20
	flushEvery  = time.Second
)

// record notes verified blocks of a file.
func (f *Folder) record(ff *folderFile, blocks ...block) error {
	f.mu.Lock()
	if f.active[ff.id] != ff {
		f.mu.Unlock()
		return nil // committed or given up: the block came twice
	}
	f.worth = true
	ff.pending = append(ff.pending, blocks...)
	for _, b := range blocks {
		f.behind += max(ff.length(b.index), 4<<10) // so that tiny ones do not pile up either
	}
	if !ff.isDirty {
		ff.isDirty = true
		f.dirty = append(f.dirty, ff)
	}
	due := f.behind >= recordEvery || f.partial.journal.stale()
	f.mu.Unlock()
	if !due {
		return nil
	}
	f.recordDirty()
	return f.writeError(f.partial.journal.flush())
}

// length is the number of bytes of a block, as far as it is known.
func (ff *folderFile) length(index uint32) int64 {
	if ff.entry.Kind != wire.KindFile {
		return wire.BlockSize
	}
	return min(ff.entry.Size-int64(index)*wire.BlockSize, wire.BlockSize)
}

// recordDirty adds all blocks that wait to the journal.
func (f *Folder) recordDirty() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ff := range f.dirty {
		ff.isDirty = false
		if len(ff.pending) == 0 {
			continue // committed since
		}
		if e := ff.entry; !ff.listed {
			ff.listed = true
			f.partial.journal.add(listed{ID: ff.id, Size: e.Size, MTime: e.MTime, Path: e.Path})
		}
		for _, b := range ff.pending {
			f.partial.journal.add(verified{ID: ff.id, Index: b.index, Hash: b.hash})
		}
		ff.pending = nil
	}
	clear(f.dirty)
	f.dirty, f.behind = f.dirty[:0], 0
}
