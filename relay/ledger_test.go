package relay

import (
	"net/netip"
	"strconv"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func clientOf(i int) owner {
	return owner{client: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32)}
}

func TestLedger(t *testing.T) {
	l := newLedger(Limits{MaxConnections: 5, ConnectionsPerClient: 2, RoomsPerClient: 1})
	one, two, three := clientOf(1), clientOf(2), clientOf(3)
	for _, step := range []struct {
		owner owner
		what  resource
		want  wire.RoomErrorCode
	}{
		{one, connections, 0},
		{one, connections, 0},
		{one, connections, wire.RoomQuota},
		{one, openRooms, 0},
		{one, openRooms, wire.RoomQuota},
		{two, connections, 0},
		{two, connections, 0},
		{three, connections, 0},
		{three, connections, wire.RoomBusy},
	} {
		if got := l.claim(step.what, step.owner); got != step.want {
			t.Errorf("%v for %v: %v, want %v", step.what, step.owner.client, got, step.want)
		}
	}
	for _, o := range []owner{one, one, two, two, three} {
		l.release(connections, o)
	}
	l.release(openRooms, one)
	if len(l.clients) != 0 || l.used != [resources]int{} {
		t.Errorf("%d clients with nothing, %v used", len(l.clients), l.used)
	}
}

// A squatter cannot hold all the short nameplates, not even by opening rooms anew,
// and the others still get short ones.
func TestShareOfShortNameplates(t *testing.T) {
	l := newLedger(Limits{MaxConnections: -1, RoomsPerClient: 5000})
	tb := newTable(limits{ttl: 1 << 40, limit: 10_000}, 0, l)
	defer tb.close()
	lengths := map[int]int{}
	var held []*room
	for range 500 {
		r, code := tb.open(wire.OpenRequest{}, clientOf(1))
		if code != 0 {
			t.Fatal(code)
		}
		held = append(held, r)
		digits, _ := tb.numbers.length(r.nameplate)
		lengths[digits]++
	}
	if lengths[2] != 4 || lengths[3] != 45 || lengths[4] != 450 {
		t.Errorf("the squatter has %v nameplates of each length", lengths)
	}
	tb.mu.Lock()
	held[0].end(wire.RoomWithdrawn) // its nameplate rests, and still counts
	tb.mu.Unlock()
	if r, _ := tb.open(wire.OpenRequest{}, clientOf(1)); len(r.nameplate) < 4 {
		t.Errorf("one that rests gave the squatter %s", r.nameplate)
	}
	if r, _ := tb.open(wire.OpenRequest{}, clientOf(2)); len(r.nameplate) > 2 {
		t.Errorf("somebody else gets %s", r.nameplate)
	}
	for i := 1; i <= 99; i++ {
		r, code := tb.open(wire.OpenRequest{Nameplate: strconv.Itoa(i)}, clientOf(1))
		if code == 0 {
			t.Fatalf("the squatter asked for %s and got it", r.nameplate)
		}
	}
}

// All of a client's share comes back once its nameplates are forgotten.
func TestShareComesBack(t *testing.T) {
	l := newLedger(Limits{MaxConnections: -1, RoomsPerClient: 100})
	tb := newTable(limits{ttl: 1 << 40, limit: 3}, 0, l) // and so as many nameplates rest
	defer tb.close()
	for range 20 {
		r, code := tb.open(wire.OpenRequest{}, clientOf(1))
		if code != 0 {
			t.Fatal(code)
		}
		tb.mu.Lock()
		r.end(wire.RoomWithdrawn)
		tb.mu.Unlock()
	}
	r, _ := tb.open(wire.OpenRequest{Nameplate: "77"}, clientOf(2))
	tb.mu.Lock()
	r.end(wire.RoomWithdrawn)
	tb.mu.Unlock()
	if _, code := tb.open(wire.OpenRequest{Nameplate: "77"}, clientOf(3)); code != 0 {
		t.Fatal(code)
	} else if l.clients[clientOf(2).client] != nil {
		t.Error("who had the nameplate before still pays for it")
	}
	if a := l.clients[clientOf(1).client]; a.nameplates[2] > 3 || a.used[openRooms] != 0 {
		t.Errorf("%+v", a)
	}
}
