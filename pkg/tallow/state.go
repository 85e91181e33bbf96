package tallow

// State is the state of a transfer.
type State string

// The states of a transfer.
const (
	StatePending      State = "pending"      // waiting for the peer
	StateConnecting   State = "connecting"   // the peer has to prove itself, at first or after a loss
	StateTransferring State = "transferring" // data may flow
	StatePaused       State = "paused"       // paused by one of the peers
	StateCompleted    State = "completed"    // it reached its end
	StateFailed       State = "failed"       // an error ended it
	StateCancelled    State = "cancelled"    // a person ended it
)
