package container

import "crypto/cipher"

// Layout says where the chunks of a container are, by its size.
type Layout struct{ chunks uint64 }

// NewLayout returns the layout of a whole container of size bytes. The error is
// ErrTruncated if no container has that size. That the end is the real one is known
// when the last chunk was opened.
func NewLayout(size int64) (Layout, error) {
	rest := size - Preface
	full, part := rest/SealedSegment, rest%SealedSegment
	chunks := full * chunksOfIt
	if part > 0 {
		if (part-SaltSize)%SealedChunk != 0 || part == SaltSize {
			return Layout{}, ErrTruncated
		}
		chunks += (part - SaltSize) / SealedChunk
	}
	if rest <= 0 || chunks <= 0 {
		return Layout{}, ErrTruncated
	}
	return Layout{uint64(chunks)}, nil
}

// Chunks returns the number of chunks.
func (l Layout) Chunks() uint64 { return l.chunks }

// Size returns the number of bytes of the payload with its padding.
func (l Layout) Size() int64 { return int64(l.chunks) * ChunkSize }

// SegmentOf returns the segment of a chunk, and the number of the first chunk behind it.
func (l Layout) SegmentOf(chunk uint64) (segment, end uint64) {
	segment = chunk / chunksOfIt
	return segment, min((segment+1)*chunksOfIt, l.chunks)
}

// Salt returns where the salt of a segment is in the container: SaltSize bytes, and the
// chunks are behind it.
func (l Layout) Salt(segment uint64) int64 { return Preface + int64(segment)*SealedSegment }

// Chunk returns where a chunk is in the container: SealedChunk bytes.
func (l Layout) Chunk(chunk uint64) int64 {
	return l.Salt(chunk/chunksOfIt) + SaltSize + int64(chunk%chunksOfIt)*SealedChunk
}

// Opener opens the chunks of one segment. It may be used by several goroutines.
type Opener struct {
	aead   cipher.AEAD
	layout Layout
}

// Opener returns an Opener of the segment with a salt of SaltSize bytes.
func (k *Keys) Opener(l Layout, salt []byte) (*Opener, error) {
	aead, err := segmentCipher(k.data, salt)
	if err != nil {
		return nil, err
	}
	return &Opener{aead, l}, nil
}

// Open opens a chunk, which has to be of the segment, and appends it to dst. The error
// is ErrTruncated, ErrTrailing or a *ChunkError.
func (o *Opener) Open(dst []byte, chunk uint64, sealed []byte) ([]byte, error) {
	return openChunk(dst, o.aead, chunk, sealed, chunk < o.layout.chunks-1)
}
