package container

import (
	"bufio"
	"crypto/cipher"
	"errors"
	"io"
)

// Reader reads the payload of a container from its beginning to its end, padding
// included. It returns io.EOF only when the last chunk was authentic and nothing
// follows it; any other end is an error.
type Reader struct {
	r      *bufio.Reader
	keys   *Keys
	aead   cipher.AEAD // of the segment of the next chunk, once its salt was read
	index  uint64      // of the next chunk
	sealed []byte
	chunk  []byte
	unread []byte // of chunk
	err    error
}

// ReadHeader reads the header of a container. Errors are those of ParseHeader and of r.
func ReadHeader(r io.Reader) (*Header, error) {
	b := make([]byte, HeaderSize)
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return ParseHeader(b[:n])
}

// ReadOffer reads and opens the offer, which follows the header.
func ReadOffer(r io.Reader, k *Keys) ([]byte, error) {
	b := make([]byte, Preface-HeaderSize)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, orTruncated(err)
	}
	return k.OpenOffer(b)
}

// NewReader returns a Reader of what follows the offer.
func NewReader(r io.Reader, k *Keys) *Reader {
	return &Reader{
		r: bufio.NewReaderSize(r, SealedChunk+SaltSize), keys: k,
		sealed: make([]byte, SealedChunk), chunk: make([]byte, 0, ChunkSize),
	}
}

// Read reads from the payload. Errors are ErrTruncated, ErrTrailing, a *ChunkError and
// those of the underlying reader.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.unread) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.next()
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// next opens the next chunk, or sets err.
func (r *Reader) next() {
	if r.index%chunksOfIt == 0 {
		if r.err = r.nextSegment(); r.err != nil {
			return
		}
	}
	if _, err := io.ReadFull(r.r, r.sealed); err != nil {
		r.err = orTruncated(err)
		return
	}
	_, err := r.r.Peek(1)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
		return
	}
	more := err == nil
	chunk, err := openChunk(r.chunk[:0], r.aead, r.index, r.sealed, more)
	if err != nil {
		r.err = err
		return
	}
	r.unread = chunk
	r.index++
	if !more {
		r.err = io.EOF
	}
}

// nextSegment reads the salt of a segment.
func (r *Reader) nextSegment() error {
	var salt [SaltSize]byte
	if _, err := io.ReadFull(r.r, salt[:]); err != nil {
		return orTruncated(err)
	}
	var err error
	r.aead, err = segmentCipher(r.keys.data, salt[:])
	return err
}

// orTruncated makes ErrTruncated of the end of a stream.
func orTruncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return err
}
