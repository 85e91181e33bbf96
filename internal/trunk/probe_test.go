package trunk

import (
	"slices"
	"testing"
)

// Whatever the peer seals for the flow of probes, nothing comes of it but an
// echo, or a size that is one of those that are tried.
func FuzzProbe(f *testing.F) {
	f.Add([]byte{probe, 0, 0}, uint64(0))
	f.Add([]byte{echo, 0x20, 0x1d}, uint64(1))
	f.Add([]byte{echo}, uint64(2))
	f.Add([]byte{}, uint64(1<<64-1))
	f.Fuzz(func(t *testing.T, payload []byte, n uint64) {
		if len(payload) > MaxPayload {
			return
		}
		tr := New()
		defer tr.Close()
		if err := tr.Start(make([]byte, KeySize), make([]byte, KeySize)); err != nil {
			t.Fatal(err)
		}
		packet := appendSealed(nil, tr.open, probes, n, payload)
		for range 2 { // the second time it is a replay
			if !tr.handle(packet) {
				t.Error("a packet of the trunk is handed to the connection")
			}
		}
		if len(tr.echoes) > 1 {
			t.Error("a replay is taken for an echo")
		}
		for len(tr.echoes) > 0 {
			if size := <-tr.echoes; !slices.Contains(probeSizes[:], size) {
				t.Errorf("a size of %d, which was never tried", size)
			}
		}
		if len(tr.accepted) > 0 {
			t.Error("a probe opens a flow")
		}
	})
}
