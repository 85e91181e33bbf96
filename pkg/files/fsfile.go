package files

import (
	"io"
	"io/fs"
	"sync"
	"time"
)

// fsFile is an open file of an FS. Unlike an fs.File it may be closed while it is
// read: Close waits for the reads that are under way.
type fsFile struct {
	size    int64 // as it was listed
	modTime time.Time

	mu       sync.RWMutex // read-locked while readerAt is in use
	readerAt fileReaderAt
	closed   bool
}

// fileReaderAt reads an fs.File at any offset, from several goroutines.
type fileReaderAt interface {
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// readerAtOf chooses how a file is read. Only if there is no better way it is
// opened again, with reopen.
func readerAtOf(f fs.File, reopen func() (fs.File, error)) fileReaderAt {
	switch f := f.(type) {
	case fileReaderAt:
		return f
	case seekableFile:
		return &seekReader{seekableFile: f}
	}
	return &sequentialReader{File: f, reopen: reopen}
}

func (f *fsFile) ReadAt(p []byte, off int64) (int, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return 0, fs.ErrClosed
	}
	return f.readerAt.ReadAt(p, off)
}

func (f *fsFile) Changed() error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return fs.ErrClosed
	}
	info, err := f.readerAt.Stat()
	if err != nil {
		return err
	}
	if !sameFile(info, f.size, f.modTime) {
		return ErrChanged
	}
	return nil
}

func (f *fsFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	return f.readerAt.Close()
}

// seekableFile is an fs.File that can seek.
type seekableFile interface {
	fs.File
	io.Seeker
}

// seekReader reads a file at any offset by seeking.
type seekReader struct {
	seekableFile
	mu sync.Mutex
}

func (r *seekReader) ReadAt(p []byte, off int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	return readFull(r.seekableFile, p)
}

// readFull is io.ReadFull with the errors of io.ReaderAt: a short read at the
// end is io.EOF.
func readFull(r io.Reader, p []byte) (int, error) {
	n, err := io.ReadFull(r, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

// maxKept is how many bytes before its position a sequentialReader keeps. The
// blocks that a transfer reads at once are fewer than that apart, unless one of
// its goroutines is delayed for long.
const maxKept = 8 << 20

// sequentialReader reads a file at any offset although the file can only be read
// in order.
type sequentialReader struct {
	fs.File
	reopen func() (fs.File, error)

	mu   sync.Mutex
	pos  int64  // in File
	kept []byte // the bytes before pos
}

func (r *sequentialReader) Stat() (fs.FileInfo, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.File.Stat()
}

func (r *sequentialReader) ReadAt(p []byte, off int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if off < r.pos-int64(len(r.kept)) {
		if err := r.rewind(); err != nil {
			return 0, err
		}
	}
	for skip := make([]byte, min(max(off-r.pos, 0), 64<<10)); r.pos < off; {
		if _, err := r.read(skip[:min(int64(len(skip)), off-r.pos)]); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.kept[len(r.kept)-int(r.pos-off):])
	if n == len(p) {
		return n, nil
	}
	m, err := r.read(p[n:])
	return n + m, err
}

// read fills p from the current position and keeps what it reads.
func (r *sequentialReader) read(p []byte) (int, error) {
	n, err := readFull(r.File, p)
	r.pos += int64(n)
	r.kept = append(r.kept, p[max(n-maxKept, 0):n]...)
	if len(r.kept) >= 2*maxKept {
		r.kept = r.kept[:copy(r.kept, r.kept[len(r.kept)-maxKept:])]
	}
	return n, err
}

// rewind opens the file again.
func (r *sequentialReader) rewind() error {
	f, err := r.reopen()
	if err != nil {
		return err
	}
	_ = r.File.Close()
	r.File, r.pos, r.kept = f, 0, r.kept[:0]
	return nil
}
