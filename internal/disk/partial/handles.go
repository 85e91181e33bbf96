package partial

import (
	"slices"
	"sync"
)

// handles are the open files of a Folder. If there are too many, the ones that were
// not used for longest are closed, and opened again when they are needed.
type handles struct {
	limit int // how many are open at a time

	mu   sync.Mutex
	open []*File // the one that was used last is last
}

// touch says that a file is being used, and closes another one if too many are
// open. The file's mu must not be held.
func (h *handles) touch(file *File) {
	h.mu.Lock()
	if n := len(h.open); n > 0 && h.open[n-1] == file {
		h.mu.Unlock()
		return
	}
	h.remove(file)
	h.open = append(h.open, file)
	var oldest *File
	if len(h.open) > h.limit {
		oldest = h.open[0]
		h.open = slices.Delete(h.open, 0, 1)
	}
	h.mu.Unlock()
	if oldest != nil && !oldest.closeIdle() {
		h.mu.Lock() // in use, so it becomes the one that was used last
		h.open = append(h.open, oldest)
		h.mu.Unlock()
	}
}

// forget says that a file was closed for good.
func (h *handles) forget(file *File) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(file)
}

func (h *handles) remove(file *File) {
	if i := slices.Index(h.open, file); i >= 0 {
		h.open = slices.Delete(h.open, i, i+1)
	}
}
