package relay

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// A room passes on as many bytes as it may, counted for both peers together. Then
// both are told why it ends, the metrics count it, and the code is used.
func TestBytesPerRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := unlimited()
		config.Limits.BytesPerRoom = 100_000
		o := &observed{}
		config.Observer = o
		base := startPipe(t, config)
		r, snd, rcv := base.pair(t)

		snd.forward(strings.Repeat("s", 40_000))
		if got := rcv.frame(); len(got) != 40_001 {
			t.Errorf("the receiver got %d bytes", len(got))
		}
		rcv.forward(strings.Repeat("r", 60_000)) // the last that is allowed
		if got := snd.frame(); len(got) != 60_001 {
			t.Errorf("the sender got %d bytes", len(got))
		}
		snd.forward("x")
		rcv.wantError(wire.RoomExhausted)
		snd.wantError(wire.RoomExhausted)

		if relayed := r.traffic.relayed.Load(); relayed != 100_000 {
			t.Errorf("%d bytes are counted", relayed)
		}
		if n := o.count("exhausted"); n != 1 {
			t.Errorf("%d refusals are counted", n)
		}
		base.join(t, asReceiver(r.nameplate)).wantError(wire.RoomUsed)
	})
}
