package partial

import (
	"errors"
	"io/fs"
	"os"
	"sync"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// File is a partial file. It is opened when it is used, and closed when it was
// not used for longest and too many are open. Its methods may be called by several
// goroutines at once.
type File struct {
	folder *Folder
	id     uint64

	reserved reservation
	direct   directWriter

	mu     sync.Mutex
	handle *os.File // nil while it is closed
	users  int      // calls that use handle
	closed bool     // for good
}

// Part returns the partial file of an id. Nothing is opened yet.
func (p *Folder) Part(id uint64) *File { return &File{folder: p, id: id} }

// Name returns the name of the file in the folder, with the subfolder that it is in.
func (f *File) Name() string { return Name(f.id) }

// Open opens the file with flags for a use apart from the one that Acquire shares.
func (f *File) Open(flag int) (*os.File, error) {
	root, name := f.folder.Root, f.Name()
	open := func() (*os.File, error) {
		return descriptors.Open(f.folder.ctx, func() (*os.File, error) { return root.OpenFile(name, flag, 0o600) })
	}
	h, err := open()
	if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
		if err := f.folder.makeSubfolder(name); err != nil {
			return nil, err
		}
		h, err = open()
	}
	if errors.Is(err, fs.ErrPermission) {
		// It has its final mode already, since a commit was interrupted.
		if err := root.Chmod(name, 0o600); err != nil {
			return nil, err
		}
		return open()
	}
	return h, err
}

// Adopt makes h, from Open, the handle that Acquire shares.
func (f *File) Adopt(h *os.File) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handle = h
}

// Acquire returns the open file, which stays open until Release. It is made if it
// is not there. After Close the error is fs.ErrClosed.
func (f *File) Acquire() (*os.File, error) {
	h, err := f.acquire()
	if err == nil {
		f.folder.handles.touch(f) // not under f.mu: it may close another file
	}
	return h, err
}

func (f *File) acquire() (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, fs.ErrClosed
	}
	if f.handle == nil {
		h, err := f.Open(os.O_RDWR | os.O_CREATE)
		if err != nil {
			return nil, err
		}
		f.handle = h
	}
	f.users++
	return f.handle, nil
}

// Release ends a use that Acquire began.
func (f *File) Release() {
	f.mu.Lock()
	f.users--
	f.mu.Unlock()
}

// WriteAt writes p at off of a file that is to have size bytes, 0 if that is not
// known. Long runs of zeros become holes. The disk begins to write at once.
func (f *File) WriteAt(p []byte, off, size int64) (int, error) {
	h, err := f.Acquire()
	if err != nil {
		return 0, err
	}
	defer f.Release()
	n, err := f.reserved.writeAt(h, &f.direct, p, off, size)
	if err == nil {
		osfs.StartWriteback(h, off, off+int64(n))
	}
	return n, err
}

// Sync calls sync with the file. If it is closed it is opened with flag, and
// closed afterwards; a file that is not there is not made.
func (f *File) Sync(flag int, sync func(*os.File) error) error {
	f.mu.Lock()
	h := f.handle
	if h != nil {
		f.users++
		f.mu.Unlock()
		defer f.Release()
		return sync(h)
	}
	h, err := descriptors.Open(f.folder.ctx, func() (*os.File, error) { return f.folder.Root.OpenFile(f.Name(), flag, 0) })
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return errors.Join(sync(h), h.Close())
}

// closeIdle closes the file for now. It is false if the file is in use.
func (f *File) closeIdle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users > 0 {
		return false
	}
	// A file system that reports a failed write only on close reports it to the
	// sync of the commit again.
	_ = f.closeHandle()
	return true
}

// Close closes the file for good, and frees the room that is reserved for it.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.folder.handles.forget(f)
	if f.handle != nil {
		f.reserved.giveBack(f.handle)
	}
	return f.closeHandle()
}

func (f *File) closeHandle() error {
	f.direct.close()
	if f.handle == nil {
		return nil
	}
	err := f.handle.Close()
	f.handle = nil
	return err
}

// Create makes the file with all of its content p, permissions and modification
// time in nanoseconds, and closes it. The error is fs.ErrExist if it is there. It
// is available if osfs.CreatesFiles.
func (f *File) Create(p []byte, perm fs.FileMode, mtime int64) (osfs.Created, error) {
	name := f.Name()
	made, err := osfs.CreateFile(f.folder.ctx, f.folder.Dir, name, p, perm, mtime)
	if errors.Is(err, fs.ErrNotExist) {
		if err := f.folder.makeSubfolder(name); err != nil {
			return made, err
		}
		made, err = osfs.CreateFile(f.folder.ctx, f.folder.Dir, name, p, perm, mtime)
	}
	return made, err
}
