package disk

import (
	"os"
	"slices"
	"sync"
)

// maxHandles is how many partial files are kept open at a time. Those that were
// not used for longest are closed, and opened again when they are needed.
const maxHandles = 128

// handles is the open partial files of a Folder.
type handles struct {
	mu   sync.Mutex
	open []*folderFile // the one used last is last
}

// touch notes that the file is in use and closes another one if there are too
// many.
func (h *handles) touch(file *folderFile) {
	h.mu.Lock()
	if n := len(h.open); n > 0 && h.open[n-1] == file {
		h.mu.Unlock()
		return
	}
	h.drop(file)
	h.open = append(h.open, file)
	var oldest *folderFile
	if len(h.open) > maxHandles {
		oldest = h.open[0]
		h.open = slices.Delete(h.open, 0, 1)
	}
	h.mu.Unlock()
	if oldest != nil && !oldest.closeIdle() {
		h.mu.Lock() // in use: not the one to close, its turn comes again
		h.open = append(h.open, oldest)
		h.mu.Unlock()
	}
}

// forget takes a file that was closed out of the list.
func (h *handles) forget(file *folderFile) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(file)
}

func (h *handles) drop(file *folderFile) {
	if i := slices.Index(h.open, file); i >= 0 {
		h.open = slices.Delete(h.open, i, i+1)
	}
}

// handle is the open partial file of one File.
type handle struct {
	mu    sync.Mutex
	file  *os.File // nil while it is closed
	users int      // calls that are using file
	done  bool     // never to be opened again
}
