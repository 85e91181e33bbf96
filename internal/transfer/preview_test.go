package transfer_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Before the offer is decided about, the receiver is told the first page of the
// manifest, and everything arrives all the same.
func TestPreview(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string][]byte
		whole bool
	}{
		"one page":      {map[string][]byte{"a": data(1, 10), "b": data(2, 2*mib)}, true},
		"several pages": {tree(), false},
		"nothing":       {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := sessions(t)
				join(t, s, r, 0, wire.LaneRelay, nil)
				dest := &memoryDestination{}
				var got []transfer.Preview
				sent := make(chan error, 1)
				go func() {
					_, err := transfer.Send(t.Context(), s, &memorySource{files: tt.files}, transfer.SendOptions{
						Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{}, Offered: func(wire.Offer) {},
					})
					sent <- err
					_ = s.Close()
				}()
				_, err := transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
					Decide: func(context.Context, wire.Offer) (files.Destination, error) {
						if len(got) != 1 {
							t.Errorf("%d previews before the decision", len(got))
						}
						return dest, nil
					},
					Preview:  func(p transfer.Preview) { got = append(got, p) },
					Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{},
				})
				_ = r.Close()
				if sendErr := <-sent; err != nil || sendErr != nil {
					t.Fatalf("sender: %v, receiver: %v", sendErr, err)
				}
				check(t, dest, tt.files)
				p := got[0]
				if p.Whole != tt.whole || p.Whole && len(p.Entries) != len(tt.files) || !p.Whole && (len(p.Entries) == 0 || len(p.Entries) >= len(tt.files)) {
					t.Errorf("%d of %d entries, whole: %v", len(p.Entries), len(tt.files), p.Whole)
				}
				for _, e := range p.Entries {
					if b, ok := tt.files[e.Path]; !ok || e.Kind != files.KindFile || e.Size != int64(len(b)) {
						t.Errorf("%+v", e)
					}
				}
			})
		})
	}
}

// A sender that does not send a manifest does not keep a person from being asked.
func TestPreviewIsNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		began := time.Now()
		ended := make(chan error, 1)
		go func() {
			_, err := transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
				Preview: func(p transfer.Preview) {
					if waited := time.Since(began); len(p.Entries) != 0 || p.Whole || waited > 10*time.Second {
						t.Errorf("%+v after %v", p, waited)
					}
				},
				Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return nil, transfer.ErrRefused },
				Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{},
			})
			ended <- err
			_ = r.Close()
		}()
		p := &player{t: t, link: s}
		p.say(offerF)
		if p.await(wire.TypeDecline) == nil {
			t.Error("the receiver does not decline")
		}
		_ = s.Close()
		if err := <-ended; !errors.Is(err, transfer.ErrRefused) {
			t.Errorf("the receiver ended with %v", err)
		}
	})
}
