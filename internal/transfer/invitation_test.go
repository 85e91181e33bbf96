package transfer_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// inviter plays a sender of nothing by hand against a receiver that keeps it, and returns the
// invitations that the receiver has taken, and how it ended.
func inviter(t *testing.T, play func(p *player)) (taken []string, err error) {
	t.Helper()
	s, r := sessions(t)
	join(t, s, r, 0, wire.LaneRelay, nil)
	ended := make(chan error, 1)
	go func() {
		_, err := transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
			Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return &memoryDestination{}, nil },
			Invited:  func(b []byte) { taken = append(taken, string(b)) },
			Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{},
		})
		ended <- err
		_ = r.Close()
	}()
	p := &player{t: t, link: s}
	p.say(wire.Offer{Known: true})
	play(p)
	synctest.Wait()
	_ = s.Close()
	err = <-ended
	return taken, err
}

// A receiver takes one invitation, once everything is in place. What else a sender says then
// does not undo the transfer, and before that it ends it.
func TestInvitation(t *testing.T) {
	complete := func(p *player) {
		p.say(wire.Manifest{Last: true})
		p.await(wire.TypeComplete)
	}
	one, two := wire.Invitation{Body: []byte("one")}, wire.Invitation{Body: []byte("two")}
	for name, tt := range map[string]struct {
		play  func(*player)
		taken []string
		err   error
	}{
		"none":            {play: func(p *player) { complete(p); p.say(wire.Done{}) }},
		"one":             {play: func(p *player) { complete(p); p.say(one); p.say(wire.Done{}) }, taken: []string{"one"}},
		"two":             {play: func(p *player) { complete(p); p.say(one); p.say(two); p.say(wire.Done{}) }, taken: []string{"one"}},
		"one behind Done": {play: func(p *player) { complete(p); p.say(wire.Done{}); p.say(one) }},
		"too large": {play: func(p *player) {
			complete(p)
			p.say(wire.Invitation{Body: make([]byte, wire.MaxInvitation+1)})
		}},
		"empty":  {play: func(p *player) { complete(p); p.say(wire.Invitation{}) }},
		"half":   {play: func(p *player) { complete(p); _ = p.Send(p.t.Context(), []byte{byte(wire.TypeInvitation), 0, 9, 1}) }},
		"early":  {play: func(p *player) { p.say(one); complete(p) }, err: wire.ErrMalformed},
		"silent": {play: complete},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				taken, err := inviter(t, tt.play)
				if !errors.Is(err, tt.err) || !slices.Equal(taken, tt.taken) {
					t.Errorf("%q was taken, and the receiver ended with %v", taken, err)
				}
			})
		})
	}
}
