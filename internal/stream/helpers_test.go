package stream_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/pkg/files"
)

const mib = files.BlockSize

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mentions fails the test unless err contains all words.
func mentions(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not say %q", err, w)
		}
	}
}

func random(n int, seed uint64) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = rng.Read(b)
	return b
}

// item is the one entry of a source.
func item(t *testing.T, s files.Source) (only files.Item) {
	t.Helper()
	n := 0
	must(t, s.Walk(t.Context(), func(i files.Item) error {
		only = i
		n++
		return nil
	}))
	if n != 1 {
		t.Fatalf("%d entries", n)
	}
	return only
}

// fill writes and verifies a file block by block.
func fill(t *testing.T, file files.File, data []byte) {
	t.Helper()
	for i := uint32(0); int64(i)*files.BlockSize < int64(len(data)); i++ {
		p := data[int(i)*files.BlockSize:]
		p = p[:min(len(p), files.BlockSize)]
		if _, err := file.WriteAt(p, int64(i)*files.BlockSize); err != nil {
			t.Fatal(err)
		}
		if err := file.Verified(i, blockhash.Sum(i, p).Hash); err != nil {
			t.Fatal(err)
		}
	}
}

func fileEntry(p string, size int) files.Entry {
	return files.Entry{Kind: files.KindFile, Mode: 0o644, ModTime: time.Unix(0, 1e18), Size: int64(size), Path: p}
}

func dirEntry(p string) files.Entry {
	return files.Entry{Kind: files.KindDir, Mode: 0o755, ModTime: time.Unix(0, 1e18), Path: p}
}
