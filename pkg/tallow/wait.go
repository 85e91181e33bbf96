package tallow

import (
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// WaitEvent says what a transfer waits for before the peer is there. It may come
// several times.
type WaitEvent struct {
	Reason    WaitReason
	Relay     string // as it was named; empty on this network
	Nameplate string // the number of the code
	Detail    string // what went wrong, if something did
}

func (WaitEvent) event() {}

// WaitReason says what a transfer waits for.
type WaitReason string

// The reasons to wait: the first three of a Receive, the last of a Store, the others of a Send.
const (
	// WaitLooking: Receive looks for the sender on this network.
	WaitLooking WaitReason = "looking"
	// WaitNobody: no sender waits with this code at Relay yet. Its number may be wrong.
	WaitNobody WaitReason = "nobody"
	// WaitUnreachable: the sender announces itself on this network but cannot be
	// reached; Detail says why.
	WaitUnreachable WaitReason = "unreachable"
	// WaitRelayLost: the connection to Relay is lost, and is tried again.
	WaitRelayLost WaitReason = "relay-lost"
	// WaitRelayBack: the connection is back, and Send waits for the receiver again.
	WaitRelayBack WaitReason = "relay-back"
	// WaitListing: there is much to send, and Send goes through its names before it
	// has a code.
	WaitListing WaitReason = "listing"
	// WaitReading: Store reads a stream to its end, and stores it then.
	WaitReading WaitReason = "reading"
)

// meetingEvents turns the calls before there is a link into events. It implements
// link.MeetingObserver.
type meetingEvents struct {
	linkEvents
	renamed func(nameplate string) // of a send
}

func (e meetingEvents) Waiting(w link.Waiting) {
	event := WaitEvent{Reason: waitReason(w.Reason), Relay: w.Relay, Nameplate: w.Nameplate}
	if w.Err != nil {
		event.Detail = rendezvous.Cause(w.Err)
	}
	e.run.tell(event)
}

func (e meetingEvents) NameplateChanged(nameplate string) { e.renamed(nameplate) }

func waitReason(r link.WaitReason) WaitReason {
	switch r {
	case link.WaitLooking:
		return WaitLooking
	case link.WaitNobody:
		return WaitNobody
	case link.WaitUnreachable:
		return WaitUnreachable
	case link.WaitRelayLost:
		return WaitRelayLost
	}
	return WaitRelayBack
}
