package blockhash_test

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"testing"

	zeebo "github.com/zeebo/blake3"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/vectortest"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// hashVector is a file and its hashes, in hexadecimal.
type hashVector struct {
	Size   int      `json:"size"`
	Blocks []string `json:"blocks"`
	Root   string   `json:"root"`
}

// The block hashes of the file are those of a BLAKE3 written down below for
// this test, its roots those of another implementation; the package agrees with
// both.
func TestVectors(t *testing.T) {
	const mib = wire.BlockSize
	file := struct {
		Comment string       `json:"comment"`
		Files   []hashVector `json:"files"`
	}{Comment: "Files of size bytes, of which byte i is i mod 251: the chaining values of their blocks of 1 MiB, and the BLAKE3 hash of the whole, in hexadecimal."}
	data := make([]byte, 5*mib+1)
	for i := range data {
		data[i] = byte(i % 251)
	}
	for _, size := range []int{0, 1, 1024, 1025, 24576, 65455, mib - 1, mib, mib + 1, 2 * mib, 3*mib + 5000, 5*mib + 1} {
		root := zeebo.Sum256(data[:size])
		v := hashVector{Size: size, Blocks: []string{}, Root: hex.EncodeToString(root[:])}
		var tree blockhash.Tree
		for start := 0; start < size; start += mib {
			block := data[start:min(start+mib, size)]
			want := referenceCV(block, uint64(start/1024), 0)
			b := blockhash.Sum(uint32(start/mib), block)
			if b.Hash != want {
				t.Errorf("block %d of %d bytes is %x, want %x", start/mib, size, b.Hash, want)
			}
			tree.Set(uint32(start/mib), b)
			v.Blocks = append(v.Blocks, hex.EncodeToString(want[:]))
		}
		if got := tree.Root(); got != root {
			t.Errorf("root of %d bytes is %x, want %x", size, got, root)
		}
		file.Files = append(file.Files, v)
	}
	vectortest.Check(t, "blockhash.json", file)
}

// The reference is itself held against the published test vectors of BLAKE3,
// whose input is the same pattern.
func TestReferenceAgainstPublishedVectors(t *testing.T) {
	for size, want := range map[int]string{
		0:    "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
		1:    "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
		1024: "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
		1025: "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
	} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(i % 251)
		}
		h := referenceCV(data, 0, flagRoot)
		if got := hex.EncodeToString(h[:]); got != want {
			t.Errorf("%d bytes: %s, want %s", size, got, want)
		}
	}
}

// BLAKE3's flags and initial value, from its specification, section 2.
const (
	flagChunkStart = 1 << 0
	flagChunkEnd   = 1 << 1
	flagParent     = 1 << 2
	flagRoot       = 1 << 3
)

func referenceIV() [8]uint32 {
	return [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
}

// referenceCV is the chaining value of the subtree over data that begins with
// the chunk of the number first; flag is flagRoot or 0.
func referenceCV(data []byte, first uint64, flag uint32) (out [32]byte) {
	for i, w := range referenceTree(data, first, flag) {
		binary.LittleEndian.PutUint32(out[4*i:], w)
	}
	return out
}

func referenceTree(data []byte, first uint64, flag uint32) [8]uint32 {
	if len(data) <= 1024 {
		return referenceChunk(data, first, flag)
	}
	left := 1024 << (bits.Len64(uint64((len(data)-1)/1024)) - 1) // the largest power of two of chunks below the whole
	l, r := referenceTree(data[:left], first, 0), referenceTree(data[left:], first+uint64(left/1024), 0)
	var both [16]uint32
	copy(both[:8], l[:])
	copy(both[8:], r[:])
	return compress(referenceIV(), both, 0, 64, flagParent|flag)
}

func referenceChunk(data []byte, number uint64, flag uint32) [8]uint32 {
	cv := referenceIV()
	flags := uint32(flagChunkStart)
	for {
		var block [64]byte
		n := copy(block[:], data)
		data = data[n:]
		if len(data) == 0 {
			flags |= flagChunkEnd | flag
		}
		var words [16]uint32
		for i := range words {
			words[i] = binary.LittleEndian.Uint32(block[4*i:])
		}
		cv = compress(cv, words, number, uint32(n), flags)
		if len(data) == 0 {
			return cv
		}
		flags = 0
	}
}

// compress is the compression function, cut to a chaining value.
func compress(cv [8]uint32, m [16]uint32, counter uint64, length, flags uint32) [8]uint32 {
	iv := referenceIV()
	var v [16]uint32
	copy(v[:8], cv[:])
	copy(v[8:12], iv[:4])
	v[12], v[13], v[14], v[15] = uint32(counter), uint32(counter>>32), length, flags
	mix := func(a, b, c, d int, x, y uint32) {
		v[a] += v[b] + x
		v[d] = bits.RotateLeft32(v[d]^v[a], -16)
		v[c] += v[d]
		v[b] = bits.RotateLeft32(v[b]^v[c], -12)
		v[a] += v[b] + y
		v[d] = bits.RotateLeft32(v[d]^v[a], -8)
		v[c] += v[d]
		v[b] = bits.RotateLeft32(v[b]^v[c], -7)
	}
	for range 7 {
		for i := range 4 {
			mix(i, 4+i, 8+i, 12+i, m[2*i], m[2*i+1])
		}
		for i := range 4 {
			mix(i, 4+(i+1)%4, 8+(i+2)%4, 12+(i+3)%4, m[8+2*i], m[9+2*i])
		}
		var next [16]uint32
		for i, from := range [16]int{2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8} {
			next[i] = m[from]
		}
		m = next
	}
	for i := range cv {
		cv[i] = v[i] ^ v[i+8]
	}
	return cv
}
