package transfer

import "fmt"

// State is the state of a transfer, as people see it:
//
//	            peer joined              peer authenticated
//	pending ------------------> connecting ----------> transferring <----------> paused
//	        <------------------            <----------      |       pause, resume   |
//	            peer left             connection lost       |                       |
//	                                       ^----------------|-----------------------'
//	                                                        v  completed
//	every state above -- failed, cancelled -->          completed, failed, cancelled
//
// Where there is no peer, as when files are encrypted on this machine or stored at a
// relay, it goes from pending to transferring at once: begun. So does a transfer that
// could not be connected, and is stored instead.
//
// The table transitions is exact.
type State string

// The states. The last three are final.
const (
	StatePending      State = "pending"      // waiting for the peer
	StateConnecting   State = "connecting"   // the handshake, at first or after a loss
	StateTransferring State = "transferring" // offer, data and acknowledgements
	StatePaused       State = "paused"       // one side, or both, hold the data back
	StateCompleted    State = "completed"
	StateFailed       State = "failed"
	StateCancelled    State = "cancelled"
)

// StateEvent is what changes the state of a transfer.
type StateEvent string

// The events.
const (
	EventPeerJoined        StateEvent = "peer joined"
	EventPeerLeft          StateEvent = "peer left" // before it tried the code
	EventBegun             StateEvent = "begun"     // without a peer
	EventPeerAuthenticated StateEvent = "peer authenticated"
	EventConnectionLost    StateEvent = "connection lost"
	EventPaused            StateEvent = "paused"  // by the first of the two sides
	EventResumed           StateEvent = "resumed" // by the last of them
	EventCompleted         StateEvent = "completed"
	EventFailed            StateEvent = "failed"
	EventCancelled         StateEvent = "cancelled" // by a person on either side
)

// transitions is the whole table: an event that is not listed for a state is an
// error in it.
var transitions = map[State]map[StateEvent]State{
	StatePending: {
		EventPeerJoined: StateConnecting,
		EventBegun:      StateTransferring,
		EventFailed:     StateFailed,
		EventCancelled:  StateCancelled,
	},
	StateConnecting: {
		EventPeerLeft:          StatePending,
		EventBegun:             StateTransferring, // it is stored instead
		EventPeerAuthenticated: StateTransferring,
		EventCompleted:         StateCompleted, // the connection was lost after everything had arrived
		EventFailed:            StateFailed,
		EventCancelled:         StateCancelled,
	},
	StateTransferring: {
		EventPaused:         StatePaused,
		EventConnectionLost: StateConnecting,
		EventCompleted:      StateCompleted,
		EventFailed:         StateFailed,
		EventCancelled:      StateCancelled,
	},
	StatePaused: {
		EventResumed:        StateTransferring,
		EventConnectionLost: StateConnecting,
		EventCompleted:      StateCompleted, // the last data was in flight when the pause began
		EventFailed:         StateFailed,
		EventCancelled:      StateCancelled,
	},
	StateCompleted: {},
	StateFailed:    {},
	StateCancelled: {},
}

// Next returns the state that follows s after an event. If the event is not
// possible in s, it returns s and an error.
func (s State) Next(e StateEvent) (State, error) {
	next, ok := transitions[s][e]
	if !ok {
		return s, fmt.Errorf("the event %q is not possible in the state %q", e, s)
	}
	return next, nil
}
