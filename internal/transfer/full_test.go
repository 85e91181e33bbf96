package transfer_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// noRoom is the error of a destination without room.
type noRoom int64

func (e noRoom) Error() string  { return "the disk of /home/me is full" }
func (e noRoom) Brief() string  { return "its disk is full: 77 bytes missing" }
func (e noRoom) Missing() int64 { return int64(e) }

// beginFails is a destination that does not even begin.
type beginFails struct {
	memoryDestination
	err error
}

func (d *beginFails) Begin(context.Context, []string, int64) error { return d.err }

// A disk without room, at the beginning or on the way: the sender hears whether the
// receiver can come back, and nothing of the receiver's paths.
func TestFullDisk(t *testing.T) {
	sent := map[string][]byte{"f": data(1, 3*mib)}
	for _, tt := range []struct {
		name string
		dest files.Destination
		keep func(begun bool) bool
		want wire.Reason
	}{
		{"at the beginning", &beginFails{err: noRoom(77)}, func(bool) bool { return true }, wire.ReasonFull},
		{"on the way", &memoryDestination{fail: map[string]error{"f": noRoom(77)}}, func(bool) bool { return true }, wire.ReasonFull},
		{"nothing is kept", &memoryDestination{fail: map[string]error{"f": noRoom(77)}}, func(bool) bool { return false }, wire.ReasonIO},
		{"nothing can be kept", &beginFails{err: noRoom(77)}, nil, wire.ReasonIO},
		{"another fault", &memoryDestination{fail: map[string]error{"f": errors.New("read-only")}}, func(bool) bool { return true }, wire.ReasonIO},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := sessions(t)
				join(t, s, r, 0, wire.LaneWebRTC, nil)
				var wg sync.WaitGroup
				var sendErr, receiveErr error
				wg.Go(func() {
					_, sendErr = transfer.Send(t.Context(), s, &memorySource{files: sent}, transfer.SendOptions{
						Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{}, Offered: func(wire.Offer) {},
					})
				})
				wg.Go(func() {
					_, receiveErr = transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
						Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return tt.dest, nil },
						Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{}, Keep: tt.keep,
					})
				})
				wg.Wait()
				var disk *transfer.DiskError
				var cancelled *transfer.CancelledError
				if !errors.As(receiveErr, &disk) || !errors.As(sendErr, &cancelled) || cancelled.Reason != tt.want {
					t.Fatalf("the receiver: %v; the sender: %v", receiveErr, sendErr)
				}
				want := noRoom(0).Brief()
				if tt.name == "another fault" {
					want = "its disk could not go on"
				}
				if cancelled.Text != want {
					t.Errorf("the sender is told %q", cancelled.Text)
				}
			})
		})
	}
}
