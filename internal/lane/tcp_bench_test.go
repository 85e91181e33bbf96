package lane_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// BenchmarkTCP is one connection's throughput with the largest records.
func BenchmarkTCP(b *testing.B) {
	a, raw := rawTCP(b)
	c := lane.NewTCP(raw)
	rec := bigRecord(0)
	b.SetBytes(int64(len(rec)))
	n := b.N
	read := make(chan error, 1)
	go func() {
		buf := make([]byte, wire.ReadBuffer)
		for range n {
			if _, err := c.ReadRecord(buf); err != nil {
				read <- err
				return
			}
		}
		read <- nil
	}()
	for range b.N {
		if err := a.WriteRecord(rec); err != nil {
			b.Fatal(err)
		}
	}
	if err := <-read; err != nil {
		b.Fatal(err)
	}
}
