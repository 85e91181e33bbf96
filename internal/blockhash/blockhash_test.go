package blockhash_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"

	zeebo "github.com/zeebo/blake3"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// root hashes data as a transfer does: block by block, last block first, to
// show that the order does not matter.
func root(data []byte) files.Hash {
	var t blockhash.Tree
	n := wire.Blocks(int64(len(data)))
	for i := range n {
		i = n - 1 - i
		end := min(len(data), (int(i)+1)*wire.BlockSize)
		t.Set(i, blockhash.Sum(i, data[int(i)*wire.BlockSize:end]))
	}
	return t.Root()
}

// The oracle is another implementation's BLAKE3 of the whole.
func TestRootIsBLAKE3OfTheFile(t *testing.T) {
	const mib = wire.BlockSize
	sizes := []int{
		0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 3072, 3073, 4095, 4097, 5120, 9000, 15361, 16383, 16384, 16385, 100_000,
		mib - 1024, mib - 1, mib, mib + 1, mib + 1025, 2*mib - 1, 2 * mib, 2*mib + 1, 3 * mib, 3*mib + 5000, 7*mib + 1, 8 * mib, 9*mib - 1,
	}
	data := make([]byte, 9*mib)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(data)
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			if got, want := root(data[:n]), zeebo.Sum256(data[:n]); got != want {
				t.Errorf("root of %d bytes is %x, BLAKE3 is %x", n, got, want)
			}
		})
	}
}

// The published hash of the empty input.
func TestEmpty(t *testing.T) {
	const want = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
	h := root(nil)
	if got := hex.EncodeToString(h[:]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A block's hash tells its place: the same bytes elsewhere have another one.
func TestHashDependsOnThePlace(t *testing.T) {
	data := make([]byte, wire.BlockSize)
	if blockhash.Sum(0, data).Hash == blockhash.Sum(1, data).Hash {
		t.Error("block 0 and block 1 of the same bytes have the same hash")
	}
}

func BenchmarkSum(b *testing.B) {
	data := make([]byte, wire.BlockSize)
	b.SetBytes(wire.BlockSize)
	for b.Loop() {
		blockhash.Sum(3, data)
	}
}

func BenchmarkZeebo(b *testing.B) {
	data := make([]byte, wire.BlockSize)
	b.SetBytes(wire.BlockSize)
	for b.Loop() {
		zeebo.Sum256(data)
	}
}
