package transfer

import (
	"maps"
	"slices"
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// FileProgress is how far a file is that is under way.
type FileProgress struct {
	Path  string // as it was sent
	Bytes int64  // verified and written, or there already
	Size  int64  // 0 for a stream
}

// underway has the files of more than one block that have begun and are not settled.
// Smaller ones are in place before anybody could look at them.
type underway struct {
	mu    sync.Mutex
	files map[uint64]FileProgress // by their numbers
}

// advance counts n more bytes of a file.
func (u *underway) advance(number uint64, kind files.Kind, path string, size, n int64) {
	if kind != files.KindStream && size <= wire.BlockSize {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.files == nil {
		u.files = make(map[uint64]FileProgress)
	}
	u.files[number] = FileProgress{Path: path, Bytes: u.files[number].Bytes + n, Size: size}
}

// settle forgets a file.
func (u *underway) settle(number uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.files, number)
}

// clear forgets all files.
func (u *underway) clear() {
	u.mu.Lock()
	defer u.mu.Unlock()
	clear(u.files)
}

// Underway returns the files that have begun and are not in place, the first of them
// first, at most max. Those of one block are not told.
func (p *Progress) Underway(max int) (all []FileProgress) {
	u := &p.underway
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, number := range slices.Sorted(maps.Keys(u.files)) {
		if len(all) == max {
			break
		}
		all = append(all, u.files[number])
	}
	return all
}
