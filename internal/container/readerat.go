package container

import (
	"errors"
	"io"
	"sync"
)

// ReaderAt reads the payload of a container at any place, a chunk at a time. It may be
// used by several goroutines.
type ReaderAt struct {
	r      io.ReaderAt
	keys   *Keys
	layout Layout

	mu      sync.Mutex
	segment uint64  // whose opener is kept
	opener  *Opener // nil at first
}

// NewReaderAt returns a ReaderAt of a whole container of size bytes. The error is that
// of NewLayout. That the end is the real one is known when the last chunk was read, or
// by Verify.
func NewReaderAt(r io.ReaderAt, size int64, k *Keys) (*ReaderAt, error) {
	layout, err := NewLayout(size)
	if err != nil {
		return nil, err
	}
	return &ReaderAt{r: r, keys: k, layout: layout}, nil
}

// Size returns the number of bytes of the payload with its padding.
func (r *ReaderAt) Size() int64 { return r.layout.Size() }

// Verify opens the last chunk: nothing is cut off and nothing follows.
func (r *ReaderAt) Verify() error {
	_, err := r.chunk(r.layout.Chunks() - 1)
	return err
}

// ReadAt reads from the payload. Errors are those of Reader.
func (r *ReaderAt) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("container: a negative offset")
	}
	for n < len(p) {
		at := off + int64(n)
		if at >= r.Size() {
			return n, io.EOF
		}
		chunk, err := r.chunk(uint64(at / ChunkSize))
		if err != nil {
			return n, err
		}
		n += copy(p[n:], chunk[at%ChunkSize:])
	}
	return n, nil
}

// chunk reads and opens a chunk.
func (r *ReaderAt) chunk(index uint64) ([]byte, error) {
	segment, _ := r.layout.SegmentOf(index)
	opener, err := r.openerOf(segment)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, SealedChunk)
	if _, err := readFullAt(r.r, sealed, r.layout.Chunk(index)); err != nil {
		return nil, err
	}
	return opener.Open(nil, index, sealed)
}

// openerOf returns the opener of a segment.
func (r *ReaderAt) openerOf(segment uint64) (*Opener, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opener != nil && r.segment == segment {
		return r.opener, nil
	}
	var salt [SaltSize]byte
	if _, err := readFullAt(r.r, salt[:], r.layout.Salt(segment)); err != nil {
		return nil, err
	}
	opener, err := r.keys.Opener(r.layout, salt[:])
	if err != nil {
		return nil, err
	}
	r.segment, r.opener = segment, opener
	return opener, nil
}

func readFullAt(r io.ReaderAt, p []byte, off int64) (int, error) {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	return n, orTruncated(err)
}
