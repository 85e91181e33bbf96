package tallow

import (
	"net/netip"
	"strings"
	"unicode"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Peer is what is known of the machine on the other side.
type Peer struct {
	// Name is the one that it gives itself, which nothing proves: whoever has the code can
	// give any. It is at most 64 bytes of printable text, and empty if it gives none.
	Name string
	// Address is where the last direct lane led, as this machine sees it; the zero Addr if
	// there was none, and in a browser.
	Address netip.Addr
	// Keeps says that it wants to keep this machine as a device: see SendOptions.Invitation
	// and ReceiveOptions.Keep. Page says that it is a page in a browser, which cannot.
	Keeps, Page bool
}

// NameEvent says which name the peer gives itself; see Peer.Name. It comes only if there
// is one, after the PeerEvent, and before data flows; in a Receive before the OfferEvent. It
// comes again if the peer was started again under another one.
type NameEvent struct{ Name string }

func (NameEvent) event() {}

// named notes what the peer says of itself, and tells its name if that is new.
func (t *transferRun) named(h wire.Hello) {
	name := cleanName(h.Name)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.peer.Keeps, t.peer.Page = h.Keeps, h.Page
	if name == "" || name == t.peer.Name {
		return
	}
	t.peer.Name = name
	t.onEvent(NameEvent{name})
}

// laneUp notes where a direct lane leads, and tells that it is up.
func (t *transferRun) laneUp(e LaneEvent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Address.IsValid() {
		t.peer.Address = e.Address
	}
	t.onEvent(e)
}

// known returns what is known of the peer so far.
func (t *transferRun) known() Peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.peer
}

// cleanName returns a name without what a line of text cannot show: with one space for
// white space of any kind, without control and format characters, marks at its
// beginning, and bytes that are not UTF-8.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	return strings.TrimLeftFunc(strings.Join(strings.Fields(name), " "), unicode.IsMark)
}

// checkName returns an error for a name that this side cannot give itself.
func checkName(name string) error {
	if len(name) > wire.MaxPeerName || cleanName(name) != name {
		return &Error{Kind: KindUsage, Reason: ReasonNameForm, Detail: name, Count: wire.MaxPeerName}
	}
	return nil
}
