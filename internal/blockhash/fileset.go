package blockhash

import (
	"encoding/binary"

	"lukechampine.com/blake3/guts"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// FileSet joins the hashes of files into one hash of all of them, in any order and in
// constant memory. It is LtHash16 (Lewi and others, "Securing Update Propagation with
// Homomorphic Hashing", 2019) over BLAKE3:
//
//	element = BLAKE3("tallow/1 file" || hash of the file || path), 2048 bytes of output,
//	          which are 1024 numbers u16, little-endian
//	root    = BLAKE3(the sum of all elements, number by number modulo 2^16)
//
// The root of a set of one file is the hash of that file. The zero value is the empty
// set.
type FileSet struct {
	sum   [elementSize / 8]uint64 // four numbers each, the first in the lowest bits
	count int64
	only  files.Hash // of the file that was added last
	input []byte     // what is hashed: kept so that not every file needs its own
}

const (
	elementSize  = 2048
	elementLabel = "tallow/1 file"
)

// Add adds a file with its BLAKE3 hash and its path, of at most wire.MaxPath bytes. A
// file that is added twice is in the set twice.
func (s *FileSet) Add(path string, hash files.Hash) {
	s.input = append(append(append(s.input[:0], elementLabel...), hash[:]...), path...)
	top := subtree(s.input, 0)
	top.Flags |= guts.FlagRoot
	var part [guts.MaxSIMD * guts.BlockSize]byte
	for start := 0; start < elementSize; start += len(part) {
		top.Counter = uint64(start / guts.BlockSize)
		guts.CompressBlocks(&part, top)
		sum := s.sum[start/8:][:len(part)/8]
		for i := range sum {
			sum[i] = addNumbers(sum[i], binary.LittleEndian.Uint64(part[8*i:]))
		}
	}
	s.count++
	s.only = hash
}

// addNumbers adds the four numbers in a to those in b, each modulo 2^16. The highest bit
// of each is added apart, without a carry into the next one.
func addNumbers(a, b uint64) uint64 {
	const highest = 0x8000_8000_8000_8000
	return (a&^highest + b&^highest) ^ (a^b)&highest
}

// Root returns the hash of the set; ok is false if it is empty.
func (s *FileSet) Root() (root files.Hash, ok bool) {
	if s.count <= 1 {
		return s.only, s.count == 1
	}
	var sum [elementSize]byte
	for i, n := range s.sum {
		binary.LittleEndian.PutUint64(sum[8*i:], n)
	}
	top := subtree(sum[:], 0)
	top.Flags |= guts.FlagRoot
	return bytesOf(guts.ChainingValue(top)), true
}
