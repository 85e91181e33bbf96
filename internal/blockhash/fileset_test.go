package blockhash_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	zeebo "github.com/zeebo/blake3"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/pkg/files"
)

type named struct {
	path string
	hash files.Hash
}

// referenceRoot is the root over files, by another implementation of BLAKE3.
func referenceRoot(t *testing.T, set []named) string {
	t.Helper()
	var sum [1024]uint16
	for _, f := range set {
		h := zeebo.New()
		_, _ = h.WriteString("tallow/1 file")
		_, _ = h.Write(f.hash[:])
		_, _ = h.WriteString(f.path)
		var element [2048]byte
		if _, err := h.Digest().Read(element[:]); err != nil {
			t.Fatal(err)
		}
		for i := range sum {
			sum[i] += binary.LittleEndian.Uint16(element[2*i:])
		}
	}
	var b []byte
	for _, n := range sum {
		b = binary.LittleEndian.AppendUint16(b, n)
	}
	root := zeebo.Sum256(b)
	return hex.EncodeToString(root[:])
}

// someFiles are n files, of which the last has the longest path that there can be.
func someFiles(n int) []named {
	var set []named
	for i := range n {
		path := fmt.Sprintf("folder/%d", i)
		if i == n-1 {
			path = strings.Repeat("p", 4096)
		}
		set = append(set, named{path, zeebo.Sum256([]byte{byte(i)})})
	}
	return set
}

func rootOf(set []named) string {
	var s blockhash.FileSet
	for _, f := range set {
		s.Add(f.path, f.hash)
	}
	root, ok := s.Root()
	if !ok {
		return ""
	}
	return hex.EncodeToString(root[:])
}

func TestFileSet(t *testing.T) {
	if root := rootOf(nil); root != "" {
		t.Errorf("the empty set has the root %s", root)
	}
	one := someFiles(1)
	if got, want := rootOf(one), hex.EncodeToString(one[0].hash[:]); got != want {
		t.Errorf("one file: %s, want its own hash, %s", got, want)
	}
	for _, n := range []int{2, 3, 1000} {
		if got, want := rootOf(someFiles(n)), referenceRoot(t, someFiles(n)); got != want {
			t.Errorf("%d files: %s, want %s", n, got, want)
		}
	}
	const want = "4583859b55da0fceb668e0bc11016c5e51261439ef7f365568a98f1fc0629d6b"
	if got := rootOf([]named{{"a", files.Hash{1}}, {"b", files.Hash{2}}, {"b/c", files.Hash{3}}}); got != want {
		t.Errorf("the example of the protocol: %s, want %s", got, want)
	}
}

// The order does not matter. A path, a hash, which of them belong together, and how many
// there are do.
func TestFileSetTellsApart(t *testing.T) {
	set := someFiles(20)
	root := rootOf(set)
	set[3], set[17] = set[17], set[3]
	if got := rootOf(set); got != root {
		t.Error("the order matters")
	}
	for what, change := range map[string]func([]named) []named{
		"a path":         func(s []named) []named { s[0].path += "x"; return s },
		"a hash":         func(s []named) []named { s[1].hash[31] ^= 1; return s },
		"swapped hashes": func(s []named) []named { s[0].hash, s[1].hash = s[1].hash, s[0].hash; return s },
		"one less":       func(s []named) []named { return s[1:] },
		"one twice":      func(s []named) []named { return append(s, s[0]) },
	} {
		if rootOf(change(someFiles(20))) == root {
			t.Errorf("%s does not matter", what)
		}
	}
}

func BenchmarkFileSet(b *testing.B) {
	var s blockhash.FileSet
	for b.Loop() {
		s.Add("folder/another folder/file", files.Hash{1})
	}
}
