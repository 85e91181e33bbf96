package destination

import (
	"io/fs"
	"sync"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// placedFiles are the files that this transfer put in place, also before it was
// interrupted. No other entry may replace them.
type placedFiles struct {
	mu      sync.Mutex
	byInode map[uint64]journal.Mark
}

// add adds a file.
func (p *placedFiles) add(r journal.Placed) {
	if r.Inode == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byInode[r.Inode] = r.Mark()
}

// find reports whether the file name in dir, which info describes, was put there by
// this transfer and is unchanged, and returns the flags of its record.
func (p *placedFiles) find(dir *osfs.Dir, name string, info fs.FileInfo) (flags journal.PlacedFlags, ours bool) {
	id := osfs.FileID(dir.Root, name, info)
	p.mu.Lock()
	m, ours := p.byInode[id]
	p.mu.Unlock()
	if m.Flags&journal.PlacedFound != 0 && osfs.HasLinks(info) {
		return 0, false // perhaps another name of the file that was found
	}
	return m.Flags, ours && id != 0 && m.Matches(info.Size(), osfs.Nanoseconds(info.ModTime()))
}
