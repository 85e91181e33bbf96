package lanetest

import (
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Bench sends b.N of the largest records through pairs of carriers at the same
// time. Where both ends are in one process it measures processor time.
func Bench(b *testing.B, from, to []lane.Carrier) {
	b.SetBytes(wire.MaxRecord)
	b.ResetTimer()
	var both sync.WaitGroup
	for i := range from {
		share := b.N / len(from)
		if i < b.N%len(from) {
			share++
		}
		both.Go(func() {
			rec := make([]byte, wire.MaxRecord)
			for range share {
				if err := from[i].WriteRecord(rec); err != nil {
					b.Error(err)
					return
				}
			}
		})
		both.Go(func() {
			buf := make([]byte, wire.ReadBuffer)
			for range share {
				if _, err := to[i].ReadRecord(buf); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	both.Wait()
}
