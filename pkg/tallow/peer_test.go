package tallow_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// Each side learns the name that the other one gives itself, before it has to decide,
// and nothing of a side that gives none.
func TestNames(t *testing.T) {
	url := startRelay(t, relay.Config{})
	for _, tt := range []struct{ sender, receiver string }{{"Ana's laptop", "бо"}, {"Ana's laptop", ""}, {"", "bo"}, {"", ""}} {
		lanes := []tallow.Lane{tallow.LaneRelay}
		var asked tallow.Peer
		sent, received := transfer(t,
			newClient(t, tallow.Config{Relay: url, Lanes: lanes, Name: tt.sender}), newClient(t, tallow.Config{Relay: url, Lanes: lanes, Name: tt.receiver}),
			tallow.SendOptions{Text: "hello"},
			tallow.ReceiveOptions{Accept: func(_ context.Context, o tallow.Offer) (bool, error) {
				asked = o.Peer
				return true, nil
			}})
		if sent.err != nil || received.err != nil {
			t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
		}
		if asked != (tallow.Peer{Name: tt.sender}) || received.result.Peer != asked || sent.result.Peer != (tallow.Peer{Name: tt.receiver}) {
			t.Errorf("%q: asked about %v; results %v, %v", tt, asked, received.result.Peer, sent.result.Peer)
		}
		check := func(who string, events []tallow.Event, name string, before func(tallow.Event) bool) {
			t.Helper()
			var want []string
			if name != "" {
				want = []string{name}
			}
			if got := namesBefore(events, before); !slices.Equal(got, want) {
				t.Errorf("%q: the %s is told %q", tt, who, got)
			}
		}
		check("receiver", received.events, tt.sender, func(e tallow.Event) bool { _, is := e.(tallow.OfferEvent); return is })
		check("sender", sent.events, tt.receiver, func(e tallow.Event) bool { _, is := e.(tallow.EndEvent); return is })
	}
}

// namesBefore returns the names that were told between the PeerEvent and another event.
func namesBefore(events []tallow.Event, end func(tallow.Event) bool) (names []string) {
	met := false
	for _, e := range events {
		switch e := e.(type) {
		case tallow.PeerEvent:
			met = true
		case tallow.NameEvent:
			if met {
				names = append(names, e.Name)
			}
		}
		if end(e) {
			break
		}
	}
	return names
}

// A direct lane tells where it leads, on both sides, and the relayed one does not.
func TestAddresses(t *testing.T) {
	url := startRelay(t, relay.Config{})
	for _, lane := range []tallow.Lane{tallow.LaneTCP, tallow.LaneWebRTC, tallow.LaneRelay} {
		t.Run(string(lane), func(t *testing.T) {
			client := newClient(t, tallow.Config{Relay: url, Lanes: []tallow.Lane{lane}})
			sent, received := transfer(t, client, client, tallow.SendOptions{Text: strings.Repeat("hello ", 1000)}, tallow.ReceiveOptions{})
			if sent.err != nil || received.err != nil {
				t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
			}
			for who, o := range map[string]outcome{"sender": sent, "receiver": received} {
				var told netip.Addr
				for _, e := range o.events {
					if e, ok := e.(tallow.LaneEvent); ok && e.Up {
						told = e.Address
					}
				}
				at := o.result.Peer.Address
				if at != told || at.IsValid() != (lane != tallow.LaneRelay) || at.Zone() != "" || at.Is4In6() {
					t.Errorf("the %s is told %v, and has %v at the end", who, told, at)
				}
			}
		})
	}
}

// A name that a peer sends without asking this package, in any bytes.
func TestHostileNames(t *testing.T) {
	url := startRelay(t, relay.Config{})
	lanes := []tallow.Lane{tallow.LaneRelay}
	receiver := newClient(t, tallow.Config{Relay: url, Lanes: lanes})
	for name, want := range map[string]string{
		"\x1b[2J\x1b]0;t\a":             "[2J]0;t",
		"ana\r\nAccepted.\n":            "ana Accepted.",
		"a\u202eb\u2066c\u200b\u061cd":  "abcd",
		"\xff\xfe\xc3":                  "",
		" \t\u00a0\u2028\u2029\u0085 ":  "",
		"\u0301\u0300e\u0301":           "e\u0301",
		"\ue000\U000f0000\ufdd0x":       "x",
		strings.Repeat("я", 100):        strings.Repeat("я", 32),
		strings.Repeat("\u0301", 32):    "",
		strings.Repeat("a\u0301", 1000): strings.Repeat("a\u0301", 21) + "a",
	} {
		sender := newClient(t, tallow.Config{Relay: url, Lanes: lanes})
		sender.GiveName(name)
		sent, received := transfer(t, sender, receiver, tallow.SendOptions{Text: "hello"}, tallow.ReceiveOptions{})
		if sent.err != nil || received.err != nil || received.result.Peer.Name != want {
			t.Errorf("%q is told as %q, want %q; %v, %v", name, received.result.Peer.Name, want, sent.err, received.err)
		}
	}
}

func TestNamesThatCannotBeGiven(t *testing.T) {
	for _, name := range []string{"a\n", "a\x1b", " a", "a  b", "\xff", "a\u200bb", strings.Repeat("я", 33)} {
		_, err := tallow.New(tallow.Config{Name: name})
		if e, ok := err.(*tallow.Error); !ok || e.Reason != tallow.ReasonNameForm || e.Kind != tallow.KindUsage {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "a", "Ana's Laptop (work)", "東京", "e\u0301", strings.Repeat("я", 32)} {
		if _, err := tallow.New(tallow.Config{Name: name}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
