// Package blockhash hashes a file block by block so that the block hashes join
// into the file's ordinary BLAKE3 hash.
//
// BLAKE3 is a tree over 1 KiB chunks, and an aligned 1 MiB block is one whole
// subtree of it. The hash of a block is the chaining value of that subtree (so
// it depends on where in the file the block lies), and the root over a file's
// block hashes is the 32-byte BLAKE3 hash that any other tool computes for the
// same bytes. See the BLAKE3 paper, sections 2.1 and 2.4.
//
// It is for packages transfer and disk. Start with [Sum] for a block and [Tree] for
// a file.
package blockhash

import (
	"encoding/binary"
	"math/bits"

	"lukechampine.com/blake3/guts"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Size is the number of bytes of a hash.
const Size = files.HashSize

const (
	chunksPerBlock = wire.BlockSize / guts.ChunkSize
	// From sideBySide chunks on, one call for all of them is faster than one for each power
	// of two, though it hashes as if there were guts.MaxSIMD.
	sideBySide = 4
)

// Sum hashes data, the block with the number index: wire.BlockSize bytes, or 1 to
// wire.BlockSize for the last block of a file.
func Sum(index uint32, data []byte) files.Block {
	n := subtree(data, uint64(index)*chunksPerBlock)
	b := files.Block{Hash: bytesOf(guts.ChainingValue(n))}
	if index == 0 {
		n.Flags |= guts.FlagRoot
		b.Root = bytesOf(guts.ChainingValue(n))
	}
	return b
}

// subtree returns the top node, not yet compressed, of the tree over data, whose
// first chunk has the number chunk.
func subtree(data []byte, chunk uint64) guts.Node {
	if len(data) <= guts.ChunkSize {
		return guts.CompressChunk(data, &guts.IV, chunk, 0)
	}
	// The left side of a BLAKE3 tree is the largest power of two of chunks that
	// leaves at least one byte for the right.
	chunks := (len(data) + guts.ChunkSize - 1) / guts.ChunkSize
	if len(data)%guts.ChunkSize == 0 && chunks&(chunks-1) == 0 {
		return eigentree(data, chunk)
	}
	if chunks >= sideBySide && chunks <= guts.MaxSIMD {
		var padded [guts.MaxSIMD * guts.ChunkSize]byte
		copy(padded[:], data)
		return guts.CompressBuffer(&padded, len(data), &guts.IV, chunk, 0)
	}
	left := (1 << (bits.Len(uint(chunks-1)) - 1)) * guts.ChunkSize
	return guts.ParentNode(
		guts.ChainingValue(eigentree(data[:left], chunk)),
		guts.ChainingValue(subtree(data[left:], chunk+uint64(left/guts.ChunkSize))),
		&guts.IV, 0)
}

// eigentree hashes a power of two of whole chunks.
func eigentree(data []byte, chunk uint64) guts.Node {
	if len(data) <= guts.MaxSIMD*guts.ChunkSize {
		if fetches {
			fetch(data)
		}
		return guts.CompressEigentree(data, &guts.IV, chunk, 0)
	}
	half := len(data) / 2
	return guts.ParentNode(
		guts.ChainingValue(eigentree(data[:half], chunk)),
		guts.ChainingValue(eigentree(data[half:], chunk+uint64(half/guts.ChunkSize))),
		&guts.IV, 0)
}

func bytesOf(cv [8]uint32) (h files.Hash) {
	for i, w := range cv {
		binary.LittleEndian.PutUint32(h[i*4:], w)
	}
	return h
}

func wordsOf(h files.Hash) (cv [8]uint32) {
	for i := range cv {
		cv[i] = binary.LittleEndian.Uint32(h[i*4:])
	}
	return cv
}

// Tree collects the hashes of a file's blocks, in any order, and joins them into
// the file's hash. The zero value is the tree of an empty file.
type Tree struct {
	hashes []files.Hash
	root   files.Hash // of block 0 as a whole file
}

// Set sets the hashes of a block.
func (t *Tree) Set(index uint32, b files.Block) {
	for uint32(len(t.hashes)) <= index {
		t.hashes = append(t.hashes, files.Hash{})
	}
	t.hashes[index] = b.Hash
	if index == 0 {
		t.root = b.Root
	}
}

// Len returns the number of blocks: one more than the highest index that was set.
func (t *Tree) Len() int { return len(t.hashes) }

// Root returns the BLAKE3 hash of the file. Every block below Len must be set.
func (t *Tree) Root() files.Hash {
	switch len(t.hashes) {
	case 0:
		n := guts.CompressChunk(nil, &guts.IV, 0, guts.FlagRoot)
		return bytesOf(guts.ChainingValue(n))
	case 1:
		return t.root
	}
	n := join(t.hashes)
	n.Flags |= guts.FlagRoot
	return bytesOf(guts.ChainingValue(n))
}

func join(hashes []files.Hash) guts.Node {
	left := 1 << (bits.Len(uint(len(hashes)-1)) - 1)
	return guts.ParentNode(joined(hashes[:left]), joined(hashes[left:]), &guts.IV, 0)
}

func joined(hashes []files.Hash) [8]uint32 {
	if len(hashes) == 1 {
		return wordsOf(hashes[0])
	}
	return guts.ChainingValue(join(hashes))
}
