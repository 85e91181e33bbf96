package blockhash

import (
	"math/rand/v2"
	"testing"

	"lukechampine.com/blake3/guts"
)

// What is hashed 16 chunks at a time is what another implementation makes of it, at
// any place in a file: also where the number of a chunk does not fit into 32 bits.
func TestWideTree(t *testing.T) {
	if !hasWide() {
		t.Skip("NOT TESTED: this processor has no AVX-512")
	}
	data := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{2}).Read(data)
	for chunks := 2 * wide; chunks <= chunksPerBlock; chunks *= 2 {
		for _, first := range []uint64{0, wide, 1 << 20, 1<<32 - wide, 1 << 32, 1<<43 + 3*wide} {
			part := data[len(data)-chunks*guts.ChunkSize:]
			if got, want := wideTree(part, first), narrowTree(part, first); got != want {
				t.Errorf("%d chunks from number %d: %x, want %x", chunks, first, got, want)
			}
		}
	}
}

// Each of the 16 inputs has a place of its own.
func TestWideChunks(t *testing.T) {
	if !hasWide() {
		t.Skip("NOT TESTED: this processor has no AVX-512")
	}
	var in [wide * guts.ChunkSize]byte
	_, _ = rand.NewChaCha8([32]byte{3}).Read(in[:])
	var cvs [2 * wide][8]uint32
	const first = 1<<32 - wide
	chunks16((*[wide][8]uint32)(cvs[:]), &in, first)
	for i, got := range cvs[:wide] {
		n := guts.CompressChunk(in[i*guts.ChunkSize:(i+1)*guts.ChunkSize], &guts.IV, first+uint64(i), 0)
		if want := guts.ChainingValue(n); got != want {
			t.Errorf("chunk %d: %x, want %x", i, got, want)
		}
	}
	chunks16((*[wide][8]uint32)(cvs[wide:]), &in, 0)
	var parents [wide][8]uint32
	parents16(&parents, &cvs)
	for i, got := range parents {
		if want := guts.ChainingValue(guts.ParentNode(cvs[2*i], cvs[2*i+1], &guts.IV, 0)); got != want {
			t.Errorf("parent %d: %x, want %x", i, got, want)
		}
	}
	parents16((*[wide][8]uint32)(cvs[:]), &cvs)
	if [wide][8]uint32(cvs[:wide]) != parents {
		t.Error("parents in the place of their children are other ones")
	}
}

func BenchmarkNarrow(b *testing.B) {
	data := make([]byte, 1<<20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		narrowTree(data, 0)
	}
}
