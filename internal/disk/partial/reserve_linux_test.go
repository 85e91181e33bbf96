package partial

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

const testBlock = 1 << 20

func takes(t *testing.T, f *os.File) int64 {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return osfs.Allocated(info)
}

// fileThatReserves returns a file on a disk that can reserve room.
func fileThatReserves(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "a"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if err := osfs.Reserve(f, 0, testBlock); err != nil || takes(t, f) < testBlock {
		t.Skipf("SKIPPED: this disk reserves no room: %v", err)
	}
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	return f
}

// Blocks come out of order within a sender's window, and some are zeros. The file
// has the right content, and takes as much of the disk as its data.
func TestReservedRoomLeavesHoles(t *testing.T) {
	const blocks, window = 160, 32
	for seed := range uint64(3) {
		f := fileThatReserves(t)
		rng := rand.New(rand.NewPCG(seed, 0))
		order := make([]int, blocks)
		for i := range order {
			order[i] = i
		}
		for i := range order {
			j := i + rng.IntN(min(window, blocks-i))
			order[i], order[j] = order[j], order[i]
		}
		var r reservation
		var want []byte
		content := make([][]byte, blocks)
		var data int64
		for i := range content {
			content[i] = make([]byte, testBlock)
			if rng.IntN(4) == 0 {
				content[i][rng.IntN(testBlock)] = 1
				data += testBlock
			}
			want = append(want, content[i]...)
		}
		most := int64(0)
		for _, i := range order {
			if _, err := r.writeAt(f, &directWriter{}, content[i], int64(i)*testBlock, blocks*testBlock); err != nil {
				t.Fatal(err)
			}
			most = max(most, takes(t, f))
		}
		if most <= data {
			t.Errorf("seed %d: nothing was ever reserved", seed)
		}
		if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, want) {
			t.Errorf("seed %d: it reads otherwise (%v)", seed, err)
		}
		if got := takes(t, f); got > data+blocks*(8<<10) {
			t.Errorf("seed %d: %d bytes of data take %d", seed, data, got)
		}
	}
}

// What is reserved and not yet written counts as held, and is freed by giveBack.
func TestReservedRoomIsHeldAndGivenBack(t *testing.T) {
	f := fileThatReserves(t)
	var r reservation
	p := bytes.Repeat([]byte("x"), testBlock)
	if _, err := r.writeAt(f, &directWriter{}, p, 0, 100*testBlock); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil || info.Size() != testBlock || taken(info) != reserveAhead {
		t.Errorf("of %d bytes %d are held, %v", info.Size(), taken(info), err)
	}
	if _, err := r.writeAt(f, &directWriter{}, p, 90*testBlock, 100*testBlock); err != nil { // nothing beyond its end
		t.Fatal(err)
	}
	if got := takes(t, f); got != reserveAhead+10*testBlock {
		t.Errorf("%d bytes are taken", got)
	}
	if err := f.Truncate(2 * testBlock); err != nil {
		t.Fatal(err)
	}
	if r.end != 100*testBlock {
		t.Errorf("reserved up to %d", r.end)
	}
	r.giveBack(f)
	if got := takes(t, f); got > 2*testBlock {
		t.Errorf("%d bytes are taken in the end", got)
	}
}

// No room is reserved for small files, or for those of unknown size.
func TestNoRoomForSmallFiles(t *testing.T) {
	for _, size := range []int64{-1, 0, reserveFrom - 1} {
		f := fileThatReserves(t)
		var r reservation
		if _, err := r.writeAt(f, &directWriter{}, []byte("x"), 0, size); err != nil {
			t.Fatal(err)
		}
		if got := takes(t, f); got > 64<<10 || r.end != 0 {
			t.Errorf("%d bytes are taken of one that is to have %d", got, size)
		}
	}
}
