package blockhash

import "lukechampine.com/blake3/guts"

// wide is how many chunks or parents are hashed side by side.
const wide = 16

// wideTree hashes a power of two of whole chunks, at least 2*wide and at most those of
// a block, where there is hasWide. The number of the first chunk is a multiple of
// wide.
func wideTree(data []byte, chunk uint64) guts.Node {
	const step = wide * guts.ChunkSize
	var cvs [chunksPerBlock][8]uint32
	n := len(data) / guts.ChunkSize
	fetch(data[:step])
	for i := 0; i < n; i += wide {
		chunks16((*[wide][8]uint32)(cvs[i:]), (*[step]byte)(data[i*guts.ChunkSize:]), chunk+uint64(i))
	}
	// Each level takes the place of the one below it. What the last ones make of
	// more than n chaining values is not used.
	for ; n > 2; n /= 2 {
		for i := 0; i < n/2; i += wide {
			parents16((*[wide][8]uint32)(cvs[i:]), (*[2 * wide][8]uint32)(cvs[2*i:]))
		}
	}
	return guts.ParentNode(cvs[0], cvs[1], &guts.IV, 0)
}
