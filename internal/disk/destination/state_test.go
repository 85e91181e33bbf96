package destination

import "testing"

// The table of transitions, row by row. What is not in a row is not allowed.
func TestStateTransitions(t *testing.T) {
	type row map[event]state
	table := map[state]row{
		stateNew:      {eventWrite: statePartial, eventWriteAll: stateOnePiece, eventClose: stateClosed},
		statePartial:  {eventWrite: statePartial, eventClose: stateClosed},
		stateComplete: {eventWrite: statePartial, eventClose: stateClosed},
		stateUpdating: {eventWrite: stateUpdating, eventClose: stateClosed},
		stateInPlace:  {eventWrite: stateUpdating, eventRefuse: stateRefused, eventClose: stateClosed},
		stateExisting: {eventWrite: statePartial, eventRefuse: stateRefused, eventClose: stateClosed},
		stateOnePiece: {eventWrite: statePartial, eventClose: stateClosed},
		stateRefused:  {eventClose: stateRefused},
		stateClosed:   {eventClose: stateClosed},
	}
	for s := stateNew; s <= stateClosed; s++ {
		want, ok := table[s]
		if !ok {
			t.Errorf("state %d has no row", s)
		}
		for e := eventWrite; e <= eventClose; e++ {
			to, allowed := want[e]
			if !allowed {
				to = s
			}
			if got, ok := s.next(e); got != to || ok != allowed {
				t.Errorf("state %d, event %d: state %d, %v; want %d, %v", s, e, got, ok, to, allowed)
			}
		}
	}
}
