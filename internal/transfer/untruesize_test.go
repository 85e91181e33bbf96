package transfer_test

import (
	"testing"
	"testing/synctest"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// A file that has more or less than was announced fails on both sides, whatever
// its size, and even if the source does not notice a change.
func TestUntrueSize(t *testing.T) {
	t.Run("opened", func(t *testing.T) { testUntrueSize(t, false) })
	t.Run("read at once", func(t *testing.T) { testUntrueSize(t, true) })
}

func testUntrueSize(t *testing.T, reads bool) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		src := &memorySource{
			files: map[string][]byte{
				"empty": nil, "small": data(1, 500), "big": data(2, 2*mib),
				"short small": data(3, 500), "short big": data(4, 2*mib), "true": data(5, 2*mib),
			},
			grown: map[string]bool{"empty": true, "small": true, "big": true},
			short: map[string]bool{"short small": true, "short big": true},
			reads: reads,
		}
		o := run(t, t.Context(), s, r, src, &memoryDestination{})
		if o.sendErr != nil || o.receiveErr != nil {
			t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		if o.sent.Files != 1 || o.received.Files != 1 || o.sent.Failed != 5 || o.received.Failed != 5 {
			t.Errorf("results: %+v and %+v", o.sent, o.received)
		}
		for _, l := range []struct {
			log    *log
			before string
		}{{o.sender, ""}, {o.receiver, "on the sending side: "}} {
			for path := range src.grown {
				if got, want := l.log.failed[path], "changed while it was read: "+l.before+"it grew while it was read: send it as a stream"; got != want {
					t.Errorf("%s: %q, want %q", path, got, want)
				}
			}
			for path := range src.short {
				if got, want := l.log.failed[path], "changed while it was read: "+l.before+"it became shorter while it was read: send it as a stream"; got != want {
					t.Errorf("%s: %q, want %q", path, got, want)
				}
			}
		}
	})
}
