package partial

import (
	"os"
	"sync"
	"unsafe"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// directFrom is from how many bytes on a file is written past the system's cache,
// where that can be done. Copying into the cache costs more than all else that writing
// does. In return a program that reads the file right after has to read the disk, so
// this is for large files, of which a cache keeps only a part anyway.
const directFrom = 256 << 20

// directWriter writes the aligned blocks of a large file past the cache. Everything else, and
// everything where the system refuses, goes through it.
type directWriter struct {
	mu     sync.Mutex
	handle *os.File // nil while it is closed
	failed bool
}

// writeAt writes p at off of the file h, which is to have size bytes.
func (d *directWriter) writeAt(h *os.File, p []byte, off, size int64) (int, error) {
	if direct := d.open(h, p, off, size); direct != nil {
		if n, err := direct.WriteAt(p, off); err == nil {
			return n, nil
		}
		d.mu.Lock()
		d.failed = true // for which reason, the cache will tell
		d.mu.Unlock()
	}
	return h.WriteAt(p, off)
}

// open returns the handle for a direct write, or nil if there is to be none.
func (d *directWriter) open(h *os.File, p []byte, off, size int64) *os.File {
	const mask = osfs.DirectUnit - 1
	if size < directFrom || len(p) == 0 || (off|int64(len(p))|int64(uintptr(unsafe.Pointer(&p[0]))))&mask != 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed {
		return nil
	}
	if d.handle == nil {
		var err error
		if d.handle, err = osfs.OpenDirect(h); err != nil {
			d.failed = true
			return nil
		}
	}
	return d.handle
}

// close closes the handle. A later write opens it again.
func (d *directWriter) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.handle != nil {
		_ = d.handle.Close() // nothing waits to be written
		d.handle = nil
	}
}
