//go:build !js

package tcp_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/tcp"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// BenchmarkConn is the throughput of one connection with the largest records.
func BenchmarkConn(b *testing.B) {
	a, raw := rawConn(b)
	c := tcp.NewConn(raw)
	rec := lanetest.LargestRecord(0)
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
