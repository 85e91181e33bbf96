package container

import "math/bits"

// MaxPayload bounds what a container holds, in bytes, before it is padded.
const MaxPayload = 1 << 56

// Padded returns how many bytes a payload of n bytes is padded to: by Padmé, and then
// to whole chunks, at least one. Padmé (Nikitin, Barman, Lueks, Underwood, Hubaux and
// Ford, "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
// 2019, algorithm 1) adds at most 12 %, and less the larger n is.
func Padded(n int64) int64 {
	if n > 1 {
		exponent := bits.Len64(uint64(n)) - 1
		kept := bits.Len64(uint64(exponent))
		mask := int64(1)<<(exponent-kept) - 1
		n = (n + mask) &^ mask
	}
	return max((n+ChunkSize-1)/ChunkSize, 1) * ChunkSize
}

// SealedSize returns the number of bytes of a container with a payload of n bytes.
func SealedSize(n int64) int64 {
	padded := Padded(n)
	chunks, segments := padded/ChunkSize, (padded+SegmentSize-1)/SegmentSize
	return Preface + segments*SaltSize + chunks*SealedChunk
}
