package partial

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// A file that is written by writeAt has the content that plain writes give it,
// whatever was there and in any order.
func TestHolesReadAsZeros(t *testing.T) {
	const block = 1 << 20
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		sparse, err := os.Create(filepath.Join(t.TempDir(), "sparse"))
		if err != nil {
			t.Fatal(err)
		}
		var plain []byte
		for range 30 {
			p := make([]byte, 1+rng.IntN(block))
			if rng.IntN(3) == 0 {
				p[rng.IntN(len(p))] = byte(rng.Uint32())
			}
			off := rng.IntN(6 * block)
			if grow := off + len(p) - len(plain); grow > 0 {
				plain = append(plain, make([]byte, grow)...)
			}
			copy(plain[off:], p)
			if n, err := writeAt(sparse, p, int64(off)); n != len(p) || err != nil {
				t.Fatalf("seed %d: %d, %v", seed, n, err)
			}
		}
		got, err := os.ReadFile(sparse.Name())
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("seed %d: it reads otherwise (%v)", seed, err)
		}
		_ = sparse.Close()
	}
}

// Zeros take almost nothing of the disk.
func TestHolesTakeNoRoom(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 256 << 20
	p := make([]byte, 1<<20)
	for off := int64(0); off < size; off += int64(len(p)) {
		if _, err := writeAt(f, p, off); err != nil {
			t.Fatal(err)
		}
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	takes := osfs.Allocated(info)
	switch {
	case info.Size() != size:
		t.Errorf("it has %d bytes, want %d", info.Size(), size)
	case takes == size && runtime.GOOS != "linux":
		t.Skipf("SKIPPED: this disk or system makes no holes, or does not tell: %d of %d bytes", takes, size)
	case takes > size/16:
		t.Errorf("%d zeros take %d bytes", size, takes)
	}
}
