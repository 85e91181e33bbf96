package container

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"runtime"
	"sync"
)

// The parts of a container, in bytes.
const (
	ChunkSize   = 64 << 10               // of the payload in a chunk
	SegmentSize = chunksOfIt * ChunkSize // of the payload in a segment; the last may have less
	OfferSize   = ChunkSize              // of an offer

	// Preface is what is before the first segment: the header and the offer.
	Preface = HeaderSize + SaltSize + SealedChunk
	// SealedSegment is the size of a full segment.
	SealedSegment = SaltSize + chunksOfIt*SealedChunk

	// SaltSize is the size of the salt before the chunks of a segment, and SealedChunk
	// that of a chunk.
	SaltSize    = 16
	SealedChunk = ChunkSize + tagSize

	chunksOfIt = 128
	tagSize    = 16
	nonceSize  = 12
)

// SealOffer appends the sealed offer to dst: at most OfferSize bytes, padded with
// zeros.
func (k *Keys) SealOffer(dst, offer []byte) ([]byte, error) {
	if len(offer) > OfferSize {
		panic("container: the offer is too long")
	}
	padded := make([]byte, OfferSize)
	copy(padded, offer)
	return k.sealed(dst, k.offer, 0, padded, true)
}

// OpenOffer opens what SealOffer sealed. The error is a *ChunkError or ErrTruncated.
func (k *Keys) OpenOffer(sealed []byte) ([]byte, error) {
	if len(sealed) != SaltSize+SealedChunk {
		return nil, ErrTruncated
	}
	aead, err := segmentCipher(k.offer, sealed[:SaltSize])
	if err != nil {
		return nil, err
	}
	offer, err := aead.Open(nil, nonce(0, true), sealed[SaltSize:], nil)
	if err != nil {
		return nil, &ChunkError{}
	}
	return offer, nil
}

// SealSegment appends a sealed segment to dst. Its index counts from 0. The payload
// is SegmentSize bytes, or for the last segment a whole number of chunks.
func (k *Keys) SealSegment(dst []byte, index uint64, payload []byte, last bool) ([]byte, error) {
	if len(payload) == 0 || len(payload)%ChunkSize != 0 || len(payload) > SegmentSize || !last && len(payload) < SegmentSize {
		panic("container: a segment of a wrong size")
	}
	return k.sealed(dst, k.data, index*chunksOfIt, payload, last)
}

// sealed appends a fresh salt and the chunks of a payload, of which the first has the
// number first.
func (k *Keys) sealed(dst, key []byte, first uint64, payload []byte, last bool) ([]byte, error) {
	start, chunks := len(dst), len(payload)/ChunkSize
	size := SaltSize + chunks*SealedChunk
	dst = append(dst, make([]byte, size)...)
	out := dst[start:]
	if _, err := io.ReadFull(k.random, out[:SaltSize]); err != nil {
		return nil, err
	}
	aead, err := segmentCipher(key, out[:SaltSize])
	if err != nil {
		return nil, err
	}
	inParallel(chunks, func(i int) {
		at := SaltSize + i*SealedChunk
		aead.Seal(out[at:at], nonce(first+uint64(i), last && i == chunks-1), payload[i*ChunkSize:(i+1)*ChunkSize], nil)
	})
	return dst, nil
}

// inParallel calls f for 0 to n-1, on as many cores as there are.
func inParallel(n int, f func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var working sync.WaitGroup
	for w := range workers {
		working.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	working.Wait()
}

// segmentCipher returns the cipher of the segment with a salt.
func segmentCipher(key, salt []byte) (cipher.AEAD, error) {
	own, err := hkdf.Key(sha256.New, key, salt, labelSegment, KeySize)
	if err != nil {
		return nil, err
	}
	return newGCM(own)
}

// nonce returns the nonce of a chunk: its number in 11 bytes, and 1 if it is the last.
func nonce(index uint64, last bool) []byte {
	n := make([]byte, nonceSize)
	binary.BigEndian.PutUint64(n[3:], index)
	if last {
		n[nonceSize-1] = 1
	}
	return n
}

// openChunk opens a chunk into dst and says why if it cannot be opened. More says
// whether anything follows it.
func openChunk(dst []byte, aead cipher.AEAD, index uint64, sealed []byte, more bool) ([]byte, error) {
	if payload, err := aead.Open(dst, nonce(index, !more), sealed, nil); err == nil {
		return payload, nil
	}
	if _, err := aead.Open(nil, nonce(index, more), sealed, nil); err != nil {
		return nil, &ChunkError{index}
	}
	if more {
		return nil, ErrTrailing // it is the last one, and yet something follows
	}
	return nil, ErrTruncated
}
