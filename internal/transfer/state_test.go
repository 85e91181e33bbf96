package transfer

import "testing"

// The whole table, written a second time: what is not in it is refused.
func TestStates(t *testing.T) {
	states := []State{StatePending, StateConnecting, StateTransferring, StatePaused, StateCompleted, StateFailed, StateCancelled}
	events := []StateEvent{
		EventPeerJoined, EventPeerLeft, EventPeerAuthenticated, EventCompleted, EventConnectionLost,
		EventPaused, EventResumed, EventFailed, EventCancelled, EventBegun,
	}
	type row struct {
		from  State
		event StateEvent
	}
	want := map[row]State{
		{StatePending, EventPeerJoined}:           StateConnecting,
		{StatePending, EventBegun}:                StateTransferring,
		{StatePending, EventFailed}:               StateFailed,
		{StatePending, EventCancelled}:            StateCancelled,
		{StateConnecting, EventPeerLeft}:          StatePending,
		{StateConnecting, EventPeerAuthenticated}: StateTransferring,
		{StateConnecting, EventBegun}:             StateTransferring,
		{StateConnecting, EventCompleted}:         StateCompleted,
		{StateTransferring, EventConnectionLost}:  StateConnecting,
		{StateTransferring, EventPaused}:          StatePaused,
		{StatePaused, EventResumed}:               StateTransferring,
		{StatePaused, EventConnectionLost}:        StateConnecting,
		{StatePaused, EventCompleted}:             StateCompleted,
		{StatePaused, EventFailed}:                StateFailed,
		{StatePaused, EventCancelled}:             StateCancelled,
		{StateConnecting, EventFailed}:            StateFailed,
		{StateConnecting, EventCancelled}:         StateCancelled,
		{StateTransferring, EventCompleted}:       StateCompleted,
		{StateTransferring, EventFailed}:          StateFailed,
		{StateTransferring, EventCancelled}:       StateCancelled,
	}
	for _, s := range states {
		for _, e := range events {
			next, err := s.Next(e)
			expected, ok := want[row{s, e}]
			switch {
			case ok && (err != nil || next != expected):
				t.Errorf("%s + %s: %s, %v; want %s", s, e, next, err, expected)
			case !ok && (err == nil || next != s):
				t.Errorf("%s + %s: %s, %v; want it refused", s, e, next, err)
			}
		}
	}
}
