package transfer

import "testing"

// The whole table, written a second time: what is not in it is refused.
func TestStates(t *testing.T) {
	states := []State{StatePending, StateConnecting, StateTransferring, StatePaused, StateCompleted, StateFailed, StateCancelled}
	happenings := []Happening{PeerArrived, PeerLeft, PeerAuthenticated, AllSettled, ConnectionLost, PausedByOne, PausedByNone, Errored, Stopped}
	type row struct {
		from State
		h    Happening
	}
	want := map[row]State{
		{StatePending, PeerArrived}:          StateConnecting,
		{StatePending, Errored}:              StateFailed,
		{StatePending, Stopped}:              StateCancelled,
		{StateConnecting, PeerLeft}:          StatePending,
		{StateConnecting, PeerAuthenticated}: StateTransferring,
		{StateConnecting, AllSettled}:        StateCompleted,
		{StateTransferring, ConnectionLost}:  StateConnecting,
		{StateTransferring, PausedByOne}:     StatePaused,
		{StatePaused, PausedByNone}:          StateTransferring,
		{StatePaused, ConnectionLost}:        StateConnecting,
		{StatePaused, AllSettled}:            StateCompleted,
		{StatePaused, Errored}:               StateFailed,
		{StatePaused, Stopped}:               StateCancelled,
		{StateConnecting, Errored}:           StateFailed,
		{StateConnecting, Stopped}:           StateCancelled,
		{StateTransferring, AllSettled}:      StateCompleted,
		{StateTransferring, Errored}:         StateFailed,
		{StateTransferring, Stopped}:         StateCancelled,
	}
	for _, s := range states {
		for _, h := range happenings {
			next, err := s.Next(h)
			expected, ok := want[row{s, h}]
			switch {
			case ok && (err != nil || next != expected):
				t.Errorf("%s + %s: %s, %v; want %s", s, h, next, err, expected)
			case !ok && (err == nil || next != s):
				t.Errorf("%s + %s: %s, %v; want it refused", s, h, next, err)
			}
		}
	}
}
