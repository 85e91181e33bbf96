package tallow_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// An invitation reaches the receiver if both sides ask for it, and each side knows what the
// other one asks for.
func TestInvitation(t *testing.T) {
	t.Parallel()
	longest := bytes.Repeat([]byte("i"), tallow.MaxInvitation)
	for _, tt := range []struct {
		invitation []byte
		keep       bool
	}{{nil, false}, {nil, true}, {[]byte("come in"), false}, {[]byte("come in"), true}, {longest, true}} {
		t.Run(fmt.Sprintf("%d bytes, %v", len(tt.invitation), tt.keep), func(t *testing.T) {
			t.Parallel()
			config := tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: []tallow.Lane{tallow.LaneRelay}}
			s, r := transfer(t, newClient(t, config), newClient(t, config),
				tallow.SendOptions{Text: "a note", Invitation: tt.invitation}, tallow.ReceiveOptions{Keep: tt.keep})
			if s.err != nil || r.err != nil {
				t.Fatalf("the sender: %v; the receiver: %v", s.err, r.err)
			}
			sent, received := s.result, r.result
			invites := len(tt.invitation) > 0
			if sent.Peer.Keeps != tt.keep || received.Peer.Keeps != invites || sent.Peer.Page || received.Peer.Page {
				t.Errorf("the sender knows %+v, the receiver %+v", sent.Peer, received.Peer)
			}
			var want []byte
			if tt.keep {
				want = tt.invitation
			}
			if sent.Invited != (len(want) > 0) || !bytes.Equal(received.Invitation, want) {
				t.Errorf("the sender has invited: %v; the receiver has got %d bytes", sent.Invited, len(received.Invitation))
			}
		})
	}
}

func TestInvitationTooLong(t *testing.T) {
	t.Parallel()
	_, err := newClient(t, tallow.Config{Relay: "127.0.0.1:1"}).Send(t.Context(), tallow.SendOptions{Text: "a note", Invitation: make([]byte, tallow.MaxInvitation+1)})
	var e *tallow.Error
	if !errors.As(err, &e) || e.Reason != tallow.ReasonInvitationSize || e.Count != tallow.MaxInvitation {
		t.Errorf("%+v", err)
	}
}

// A sender that asks is told that a page in a browser keeps nobody.
func TestInvitationToAPage(t *testing.T) {
	t.Parallel()
	config := tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: []tallow.Lane{tallow.LaneRelay}}
	page := newClient(t, config)
	page.BePage()
	s, r := transfer(t, newClient(t, config), page, tallow.SendOptions{Text: "a note", Invitation: []byte("come in")}, tallow.ReceiveOptions{})
	if s.err != nil || r.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", s.err, r.err)
	}
	if s.result.Invited || !s.result.Peer.Page || s.result.Peer.Keeps || r.result.Peer.Page || !r.result.Peer.Keeps {
		t.Errorf("the sender has invited: %v, and knows %+v; the page knows %+v", s.result.Invited, s.result.Peer, r.result.Peer)
	}
}
