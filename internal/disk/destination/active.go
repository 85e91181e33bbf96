package destination

import (
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// activeFiles are the files that were prepared and neither committed nor closed.
type activeFiles struct {
	mu     sync.Mutex
	byID   map[uint64]*file
	closed bool
}

func (a *activeFiles) has(id uint64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.byID[id]
	return ok
}

// add adds a file. After close the error is fs.ErrClosed.
func (a *activeFiles) add(f *file) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return fs.ErrClosed
	}
	a.byID[f.id] = f
	return nil
}

func (a *activeFiles) remove(f *file) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byID[f.id] == f {
		delete(a.byID, f.id)
	}
}

// close allows no more files and returns those that are left. It is false if it
// was called before.
func (a *activeFiles) close() (left []*file, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, false
	}
	a.closed = true
	return slices.Collect(maps.Values(a.byID)), true
}
