package transfer_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// A sender that is paused before anything is sent: the receiver knows, however
// early it hears of it.
func TestPausedFromTheStart(t *testing.T) {
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			s, r := sessions(t)
			join(t, s, r, 0, wire.LaneWebRTC, nil)
			want := map[string][]byte{"f": data(1, 100)}
			d := &memoryDestination{}
			o := &outcome{sender: newLog(), receiver: newLog()}
			o.sendPause.Set(true)
			var both sync.WaitGroup
			both.Go(func() {
				_, o.sendErr = transfer.Send(t.Context(), s, &memorySource{files: want}, transfer.SendOptions{
					Observer: o.sender, Progress: &o.sendProg, Pause: &o.sendPause, Offered: func(wire.Offer) {},
				})
				_ = s.Close()
			})
			synctest.Wait() // the receiver's session has the message now
			both.Go(func() {
				_, o.receiveErr = transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
					Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return d, nil },
					Observer: o.receiver, Progress: &o.receivProg, Pause: &o.receivePause,
				})
				_ = r.Close()
			})
			synctest.Wait()
			if !o.receivePause.Paused() || !slices.Equal(o.receiver.paused, []bool{true}) {
				t.Fatalf("the receiver was told %v", o.receiver.paused)
			}
			o.sendPause.Set(false)
			both.Wait()
			if o.sendErr != nil || o.receiveErr != nil {
				t.Fatalf("%v; %v", o.sendErr, o.receiveErr)
			}
			check(t, d, want)
		})
	}
}
