package session_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/session/sessiontest"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// BenchmarkSendData seals and opens the largest data records, with both ends in
// one process and no network between them.
func BenchmarkSendData(b *testing.B) {
	for name, path := range map[string]string{"own path": "", "shared path": "x"} {
		b.Run(name, func(b *testing.B) {
			k := session.Keys{ControlOut: [32]byte{1}, ControlIn: [32]byte{2}, DataOut: [32]byte{3}, DataIn: [32]byte{4}}
			x := session.New(k, session.Options{Allowed: all})
			defer x.Close()
			k.ControlOut, k.ControlIn, k.DataOut, k.DataIn = k.ControlIn, k.ControlOut, k.DataIn, k.DataOut
			y := session.New(k, session.Options{Allowed: all})
			defer y.Close()
			received, n := make(chan struct{}), 0
			y.HandleData(func(wire.Lanes, []byte) error {
				if n++; n == b.N {
					close(received)
				}
				return nil
			})
			traits := sessiontest.Traits(wire.LaneWebRTC)
			traits.SharedPath = path
			cx, cy := sessiontest.Pipe(64, traits, nil, nil)
			lane, err := x.Attach(0, cx)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := y.Attach(0, cy); err != nil {
				b.Fatal(err)
			}
			payload := make([]byte, wire.MaxPlaintext)
			b.SetBytes(wire.MaxPlaintext)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if err := lane.SendData(b.Context(), payload); err != nil {
					b.Fatal(err)
				}
			}
			<-received
		})
	}
}
