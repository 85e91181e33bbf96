package transfer

import "fmt"

// State is where a transfer stands.
type State string

// The states.
const (
	StatePending      State = "pending"      // waiting for the other side
	StateConnecting   State = "connecting"   // the handshake, the first or after a loss
	StateTransferring State = "transferring" // offer, data, acknowledgements
	StatePaused       State = "paused"       // one side holds the data back
	StateCompleted    State = "completed"
	StateFailed       State = "failed"
	StateCancelled    State = "cancelled"
)

// Happening is what changes a transfer's state.
type Happening string

// What happens to a transfer.
const (
	PeerArrived       Happening = "peer arrived"
	PeerLeft          Happening = "peer left" // before it tried the code
	PeerAuthenticated Happening = "peer authenticated"
	AllSettled        Happening = "all settled"
	ConnectionLost    Happening = "connection lost"
	PausedByOne       Happening = "paused"
	PausedByNone      Happening = "unpaused"
	Errored           Happening = "error"
	Stopped           Happening = "cancelled" // by a person, on either side
)

// transitions is the whole table: what is not in it cannot happen.
var transitions = map[State]map[Happening]State{
	StatePending: {
		PeerArrived: StateConnecting,
		Errored:     StateFailed,
		Stopped:     StateCancelled,
	},
	StateConnecting: {
		PeerLeft:          StatePending,
		PeerAuthenticated: StateTransferring,
		AllSettled:        StateCompleted, // before the connection was lost, as it turns out
		Errored:           StateFailed,
		Stopped:           StateCancelled,
	},
	StateTransferring: {
		PausedByOne:    StatePaused,
		ConnectionLost: StateConnecting,
		AllSettled:     StateCompleted,
		Errored:        StateFailed,
		Stopped:        StateCancelled,
	},
	StatePaused: {
		PausedByNone:   StateTransferring,
		ConnectionLost: StateConnecting,
		AllSettled:     StateCompleted, // all was under way already
		Errored:        StateFailed,
		Stopped:        StateCancelled,
	},
	StateCompleted: {},
	StateFailed:    {},
	StateCancelled: {},
}

// Next is the state that follows s when h happens. It is an error if h cannot
// happen in s.
func (s State) Next(h Happening) (State, error) {
	next, ok := transitions[s][h]
	if !ok {
		return s, fmt.Errorf("%q cannot happen to a transfer that is %s", h, s)
	}
	return next, nil
}
