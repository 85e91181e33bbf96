package wordkey

import (
	"bytes"
	"crypto/rand"
	"testing"

	"github.com/tallow-transfer/tallow/internal/container"
)

// What parses is within the bounds, and says what its bytes say.
func FuzzParse(f *testing.F) {
	b, err := wrap(exampleLink(), exampleWords(), cheap(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:Size-1])
	f.Add([]byte{})
	f.Add(append([]byte{2}, b[1:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := Parse(b)
		if err != nil {
			return
		}
		if !bytes.Equal(w.raw[:], b) || w.cost.Memory > 512<<10 || w.cost.Passes > 16 || w.cost.Lanes > 16 || w.cost == (container.Cost{}) {
			t.Errorf("%x: %+v", b, w)
		}
	})
}
