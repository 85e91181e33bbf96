package transfer_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// More than MaxBytes is not written: neither of a stream, whose size nobody knows, nor
// of a sender that announces more than it has offered. Exactly as much is.
func TestMaxBytes(t *testing.T) {
	const limit = 3*mib + 10
	for name, tt := range map[string]struct {
		files   map[string][]byte
		streams map[string]bool
		fits    bool
	}{
		"files that fit":            {map[string][]byte{"a": data(1, 3*mib), "b": data(2, 10)}, nil, true},
		"files over it":             {map[string][]byte{"a": data(1, 3*mib), "b": data(2, 11)}, nil, false},
		"a stream that fits":        {map[string][]byte{"s": data(1, limit)}, map[string]bool{"s": true}, true},
		"a stream over it":          {map[string][]byte{"s": data(1, limit+1)}, map[string]bool{"s": true}, false},
		"a stream far over it":      {map[string][]byte{"s": data(1, 40*mib)}, map[string]bool{"s": true}, false},
		"a file and a stream":       {map[string][]byte{"a": data(1, 2*mib), "s": data(2, mib+11)}, map[string]bool{"s": true}, false},
		"nothing, and an empty one": {map[string][]byte{"a": nil, "s": nil}, map[string]bool{"s": true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := sessions(t)
				join(t, s, r, 0, wire.LaneRelay, nil)
				dest := &memoryDestination{}
				sent := make(chan error, 1)
				go func() {
					_, err := transfer.Send(t.Context(), s, &memorySource{files: tt.files, streams: tt.streams}, transfer.SendOptions{
						Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{}, Offered: func(wire.Offer) {},
					})
					sent <- err
					_ = s.Close()
				}()
				progress := &transfer.Progress{}
				_, err := transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
					Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return dest, nil },
					Observer: newLog(), Progress: progress, Pause: &transfer.Pause{}, MaxBytes: limit,
				})
				_ = r.Close()
				sendErr := <-sent
				if tt.fits {
					if err != nil || sendErr != nil {
						t.Fatalf("sender: %v, receiver: %v", sendErr, err)
					}
					check(t, dest, tt.files)
					return
				}
				var large *transfer.TooLargeError
				if !errors.As(err, &large) || !large.Begun || large.Limit != limit {
					t.Errorf("the receiver ends with %v", err)
				}
				var cancelled *transfer.CancelledError
				if !errors.As(sendErr, &cancelled) || cancelled.Reason != wire.ReasonCancelled || cancelled.Text != "it accepts at most 3145738 bytes" {
					t.Errorf("the sender ends with %v", sendErr)
				}
				if got := progress.Bytes.Load(); got > limit {
					t.Errorf("%d bytes were written", got)
				}
				for path := range tt.streams {
					if _, ok := dest.committed[path]; ok {
						t.Errorf("%s was committed", path)
					}
				}
			})
		})
	}
}

// A destination that is to refuse the offer says so before anything begins.
func TestTooLargeIsDeclined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		ended := make(chan error, 1)
		go func() {
			_, err := transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
				Decide: func(context.Context, wire.Offer) (files.Destination, error) {
					return nil, &transfer.TooLargeError{Limit: 10}
				},
				Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{},
			})
			ended <- err
			_ = r.Close()
		}()
		p := &player{t: t, link: s}
		p.say(offerF)
		if d, err := wire.ParseDecline(p.await(wire.TypeDecline)); err != nil || d.Reason != "it accepts at most 10 bytes" {
			t.Errorf("%+v, %v", d, err)
		}
		_ = s.Close()
		<-ended
	})
}
