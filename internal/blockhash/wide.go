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

// fewChunks hashes more than one chunk and at most wide, where there is hasWide. The
// number of the first one is a multiple of wide.
func fewChunks(data []byte, chunk uint64) guts.Node {
	var in [wide * guts.ChunkSize]byte
	var cvs [2 * wide][8]uint32
	copy(in[:], data)
	chunks16((*[wide][8]uint32)(cvs[:]), &in, chunk)
	n := len(data) / guts.ChunkSize
	if rest := data[n*guts.ChunkSize:]; len(rest) > 0 {
		cvs[n] = guts.ChainingValue(guts.CompressChunk(rest, &guts.IV, chunk+uint64(n), 0))
		n++
	}
	for n > 2 {
		last := cvs[n-1] // goes up a level without a sibling, if n is odd
		parents16((*[wide][8]uint32)(cvs[:]), &cvs)
		cvs[n/2] = last
		n -= n / 2
	}
	return guts.ParentNode(cvs[0], cvs[1], &guts.IV, 0)
}
