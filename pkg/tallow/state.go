package tallow

// State is where a transfer stands.
type State string

// The states of a transfer.
const (
	StatePending      State = "pending"      // waiting for the peer
	StateConnecting   State = "connecting"   // the peer is there and has to prove itself, at first or after a loss
	StateTransferring State = "transferring" // data may flow
	StatePaused       State = "paused"       // one of the two sides holds the data back
	StateCompleted    State = "completed"    // it reached its end
	StateFailed       State = "failed"       // an error ended it
	StateCancelled    State = "cancelled"    // a person ended it
)
