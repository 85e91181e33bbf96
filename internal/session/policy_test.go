package session

import (
	"slices"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Kinds of lanes that do not exist: the session must decide by traits alone.
const (
	kindA wire.Lanes = 1 << 5
	kindB wire.Lanes = 1 << 6
	kindC wire.Lanes = 1 << 7
)

// checkCarrying fails unless exactly the lanes in want carry data.
func checkCarrying(t *testing.T, when string, s *laneSet, lanes []*Lane, want ...*Lane) {
	t.Helper()
	s.up = lanes
	for i, l := range lanes {
		if carries := s.mayCarry(l); carries != slices.Contains(want, l) {
			t.Errorf("%s: lane %d carries: %v", when, i, carries)
		}
	}
}

// A lane in standby carries nothing while another direct one does, and carries
// when none is left. The indirect lane waits for all of them.
func TestLanesInStandby(t *testing.T) {
	const both = kindA | kindB
	session := &Session{}
	s := &laneSet{own: both, peer: both, graceOver: true}
	indirect := &Lane{session: session, traits: lane.Traits{Kind: kindA}}
	a := &Lane{session: session, traits: lane.Traits{Kind: kindB, Direct: true}}
	b := &Lane{session: session, traits: lane.Traits{Kind: kindB, Direct: true}}
	all := []*Lane{indirect, a, b}
	checkCarrying(t, "at first", s, all, a, b)
	a.SetStandby(true)
	checkCarrying(t, "one in standby", s, all, b)
	checkCarrying(t, "the other is dead", s, []*Lane{indirect, a}, a)
	b.SetStandby(true)
	checkCarrying(t, "both in standby", s, all, a, b)
	a.SetStandby(false)
	checkCarrying(t, "one is needed again", s, all, a)
	checkCarrying(t, "none is left", s, []*Lane{indirect}, indirect)
	changed := session.changed.Wait()
	a.SetStandby(false)
	select {
	case <-changed:
		t.Error("a change was announced where there was none")
	default:
	}
	a.SetStandby(true)
	select {
	case <-changed:
	default:
		t.Error("a change was not announced")
	}
}

// An indirect lane waits for a direct one only as long as that may come.
func TestIndirectLanesWaitForDirectOnes(t *testing.T) {
	s := &laneSet{own: kindA | kindB | kindC, peer: kindA | kindB}
	x := &Lane{traits: lane.Traits{Kind: kindA}}
	y := &Lane{traits: lane.Traits{Kind: kindB}}
	forbidden := &Lane{traits: lane.Traits{Kind: kindC, Direct: true}}
	checkCarrying(t, "during the grace period", s, []*Lane{x})
	checkCarrying(t, "all kinds are indirect", s, []*Lane{x, y}, x, y)
	s.graceOver = true
	checkCarrying(t, "after the grace period", s, []*Lane{x}, x)
	checkCarrying(t, "the peer forbids the direct one", s, []*Lane{x, forbidden}, x)
}

// An indirect lane carries nothing while one of a higher rank can, and no direct one
// waits for another.
func TestIndirectLanesOfAHigherRankComeFirst(t *testing.T) {
	const both = kindA | kindB
	session := &Session{}
	s := &laneSet{own: both, peer: both, graceOver: true}
	room := &Lane{session: session, traits: lane.Traits{Kind: kindA, Rank: 2}}
	x := &Lane{session: session, traits: lane.Traits{Kind: kindB, Rank: 1}}
	y := &Lane{session: session, traits: lane.Traits{Kind: kindB, Rank: 1}}
	direct := &Lane{session: session, traits: lane.Traits{Kind: kindB, Direct: true, Rank: 1}}
	checkCarrying(t, "beside one of a higher rank", s, []*Lane{room, x, y}, room)
	checkCarrying(t, "alone", s, []*Lane{x, y}, x, y)
	x.SetStandby(true)
	checkCarrying(t, "one in standby", s, []*Lane{x, y}, y)
	checkCarrying(t, "beside a direct one", s, []*Lane{room, x, y, direct}, direct)
	s.peer = kindB
	checkCarrying(t, "the higher one is not allowed", s, []*Lane{room, x, y}, y)
}

// Control messages take the lane of the highest rank, whatever its kind.
func TestBestLaneIsOfTheHighestRank(t *testing.T) {
	s := &laneSet{}
	if s.best(0) != nil {
		t.Error("a lane where there is none")
	}
	for rank := range 5 {
		l := &Lane{traits: lane.Traits{Kind: kindC >> rank, Rank: rank * 7 % 5}}
		s.up = append(s.up, l)
	}
	if got := s.best(0).traits.Rank; got != 4 {
		t.Errorf("a lane of rank %d", got)
	}
}

// Where the data moves from a lane to a paced one, control messages follow.
func TestControlFollowsTheData(t *testing.T) {
	session := &Session{}
	room := &Lane{session: session, traits: lane.Traits{Rank: 1}}
	tcp := &Lane{session: session, traits: lane.Traits{Direct: true, Rank: 3}}
	paced := &Lane{session: session, standby: true, traits: lane.Traits{Direct: true, Rank: 2, Paced: true}}
	s := &laneSet{up: []*Lane{room, tcp, paced}}
	now := 10 * time.Second
	check := func(when string, want *Lane) {
		t.Helper()
		if got := s.best(now); got != want {
			t.Errorf("%s: the lane of rank %d, want %d", when, got.traits.Rank, want.traits.Rank)
		}
	}
	check("the paced lane is in standby", tcp)
	paced.SetStandby(false)
	check("both carry data", tcp)
	tcp.SetStandby(true)
	check("the other is in standby", paced)
	tcp.SetStandby(false)
	paced.lastData.Store(int64(now))
	check("data comes on the paced lane alone", paced)
	tcp.lastData.Store(int64(now - controlFollows/2))
	check("data comes on both", tcp)
	now += controlFollows * 3 / 4
	check("no longer on the other", paced)
	now += controlFollows
	check("no longer at all", tcp)
	s.up = []*Lane{room, paced}
	check("the other is dead", paced)
}

// made is a carrier of made-up traits over which nothing comes.
type made struct {
	traits lane.Traits
	closed chan struct{}
}

func (m *made) WriteRecord([]byte) error { return nil }
func (m *made) Traits() lane.Traits      { return m.traits }
func (m *made) Close() error             { close(m.closed); return nil }

func (m *made) ReadRecord([]byte) ([]byte, error) {
	<-m.closed
	return nil, ErrClosed
}

// A carrier's traits say whether it starts in standby, and which path it shares.
func TestAttachKeepsToTheTraits(t *testing.T) {
	s := New(Keys{}, Options{Allowed: kindA | kindB | kindC})
	defer s.Close()
	number := uint32(0)
	attach := func(traits lane.Traits) *Lane {
		t.Helper()
		l, err := s.Attach(number, &made{traits, make(chan struct{})})
		if err != nil {
			t.Fatal(err)
		}
		number++
		return l
	}
	shared := lane.Traits{Kind: kindB, Direct: true, Rank: 2, Standby: true, SharedPath: "x"}
	attach(lane.Traits{Kind: kindA, Rank: 9})
	first := attach(shared)
	better := attach(lane.Traits{Kind: kindC, Direct: true, Rank: 3})
	second := attach(shared)
	eager := attach(lane.Traits{Kind: kindC, Direct: true, Rank: 1})
	elsewhere := attach(lane.Traits{Kind: kindC, Direct: true, Rank: 4, SharedPath: "y"})
	if first.standby || better.standby || !second.standby || eager.standby || elsewhere.standby {
		t.Errorf("standby: %v %v %v %v %v", first.standby, better.standby, second.standby, eager.standby, elsewhere.standby)
	}
	if first.window.path == nil || first.window.path != second.window.path {
		t.Error("lanes of one path share nothing")
	}
	if better.window.path != nil || elsewhere.window.path == nil || elsewhere.window.path == first.window.path {
		t.Error("lanes of different paths share something")
	}
}

// If a side has no direct lane, neither side waits for one.
func TestNobodyWaitsForDirectLanesThatCannotCome(t *testing.T) {
	const both = kindA | kindB
	room := &Lane{traits: lane.Traits{Kind: kindA}}
	for name, tt := range map[string]struct{ own, peers bool }{"here": {own: true}, "there": {peers: true}, "nowhere": {}} {
		s := New(Keys{}, Options{Allowed: both, NoDirect: tt.own})
		s.setPeer(wire.Hello{Lanes: both, NoDirect: tt.peers})
		s.mu.Lock()
		s.lanes.up = []*Lane{room}
		carries := s.lanes.mayCarry(room)
		s.lanes.up = nil
		s.mu.Unlock()
		if want := tt.own || tt.peers; carries != want {
			t.Errorf("none %s: the indirect lane carries: %v", name, carries)
		}
		_ = s.Close()
	}
}
