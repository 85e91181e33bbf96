package link

// MeetingObserver hears how the peers meet. Its methods are called from several
// goroutines and must not block.
type MeetingObserver interface {
	HandshakeObserver
	// Waiting: the peers have not met yet.
	Waiting(w Waiting)
	// NameplateChanged: the relay lost the sender's room, and another sender has its
	// nameplate. The words are the same.
	NameplateChanged(nameplate string)
}

// Waiting says what Dial or Accept waits for.
type Waiting struct {
	Reason    WaitReason
	Relay     string // as the user named it; empty on this network
	Nameplate string
	Err       error // what went wrong, if something did
}

// WaitReason says what Dial or Accept waits for.
type WaitReason uint8

// The reasons to wait: the first three on the receiver, the others on the sender.
const (
	// WaitLooking: the receiver looks for the sender on this network.
	WaitLooking WaitReason = iota + 1
	// WaitNobody: the relay has no sender with this nameplate yet.
	WaitNobody
	// WaitUnreachable: the sender announces itself on this network but cannot be
	// reached.
	WaitUnreachable
	// WaitRelayLost: the connection to the relay is lost, and is tried again.
	WaitRelayLost
	// WaitRelayBack: the connection to the relay is back, with the room.
	WaitRelayBack
)
