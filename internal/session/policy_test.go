package session

import (
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// A lane that rests carries nothing while another direct one does, and carries
// when none is left; the relayed one waits for all of them.
func TestRestingLanes(t *testing.T) {
	const both = wire.LaneWebRTC | wire.LaneRelay
	s := &Session{allowed: both, peer: &wire.Hello{Lanes: both}, graceOver: true, changed: make(chan struct{})}
	relay := &Lane{session: s, kind: wire.LaneRelay}
	a, b := &Lane{session: s, kind: wire.LaneWebRTC}, &Lane{session: s, kind: wire.LaneWebRTC}
	check := func(when string, lanes []*Lane, want ...*Lane) {
		t.Helper()
		s.lanes = lanes
		for _, l := range lanes {
			expected := false
			for _, w := range want {
				expected = expected || w == l
			}
			if s.mayCarry(l) != expected {
				t.Errorf("%s: lane of kind %d carries: %v", when, l.kind, !expected)
			}
		}
	}
	all := []*Lane{relay, a, b}
	check("at first", all, a, b)
	a.Rest(true)
	check("one rests", all, b)
	check("the other is dead", []*Lane{relay, a}, a)
	b.Rest(true)
	check("both rest", all, a, b)
	a.Rest(false)
	check("one is needed again", all, a)
	check("none is left", []*Lane{relay}, relay)
	changed := s.changed
	a.Rest(false)
	if s.changed != changed {
		t.Error("a change was told where there was none")
	}
	a.Rest(true)
	if s.changed == changed {
		t.Error("nobody was told of a change")
	}
}
