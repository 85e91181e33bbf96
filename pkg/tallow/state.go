package tallow

import "github.com/tallow-transfer/tallow/internal/transfer"

// State is where a transfer stands.
type State = transfer.State

// The states of a transfer.
const (
	StatePending      = transfer.StatePending      // waiting for the other side
	StateConnecting   = transfer.StateConnecting   // the other side is there and has to prove itself
	StateTransferring = transfer.StateTransferring // data may flow
	StatePaused       = transfer.StatePaused       // one of the two sides holds the data back
	StateCompleted    = transfer.StateCompleted    // it reached its end
	StateFailed       = transfer.StateFailed       // an error ended it
	StateCancelled    = transfer.StateCancelled    // a person ended it
)
