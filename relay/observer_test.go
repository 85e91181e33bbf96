package relay

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// notes is an Observer that writes down what it is told.
type notes struct {
	mu       sync.Mutex
	requests map[string]int
	started  []TransferKind
	ended    []Transfer
	rejected map[string]int
	stats    func() Stats
}

func newNotes() *notes { return &notes{requests: make(map[string]int), rejected: make(map[string]int)} }

func (n *notes) Watch(stats func() Stats) { n.stats = stats }

func (n *notes) Request(route, method string, status int, took time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if took < 0 {
		route = "took less than nothing"
	}
	n.requests[fmt.Sprint(method, " ", route, " ", status)]++
}

func (n *notes) Started(kind TransferKind) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.started = append(n.started, kind)
}

func (n *notes) Ended(t Transfer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t.Took <= 0 {
		t.Kind = "took nothing"
	}
	t.Took = 0
	n.ended = append(n.ended, t)
}

func (n *notes) Rejected(reason string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rejected[reason]++
}

func (*notes) Throttled(time.Duration) {}
func (*notes) Told(string, string)     {}

func (n *notes) count() (started, ended int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.started), len(n.ended)
}

// goodbye closes a test's peer in order.
func (c client) goodbye() {
	c.t.Helper()
	message := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := c.conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(testTimeout)); err != nil {
		c.t.Fatal(err)
	}
}

// burn uses up the code of two peers, and waits until that is known.
func burnWith(t *testing.T, n *notes, s, r client) {
	t.Helper()
	r.forward("M1")
	s.wantForward("M1")
	s.send(byte(wire.RoomBurnKind))
	s.forward("M2")
	r.wantForward("M2")
	eventually(t, "the transfer has started", func() bool {
		started, _ := n.count()
		return started == 1
	})
}

func TestTransfersAreObserved(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(s, r client)
		want *Transfer
	}{
		"both say goodbye": {func(s, r client) { r.goodbye(); s.goodbye() }, &Transfer{Kind: ByCode, InOrder: true, Bytes: 4}},
		"the sender ends it": {func(s, r client) {
			s.send(byte(wire.RoomCloseKind))
		}, &Transfer{Kind: ByCode, InOrder: true, Bytes: 4}},
		"the receiver breaks": {func(s, r client) { _ = r.conn.Close(); s.goodbye() }, &Transfer{Kind: ByCode, Bytes: 4}},
		"the sender breaks":   {func(s, r client) { r.goodbye(); _ = s.conn.Close() }, &Transfer{Kind: ByCode, Bytes: 4}},
		"one sends nonsense":  {func(s, r client) { r.send(99); s.goodbye() }, &Transfer{Kind: ByCode, Bytes: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNotes()
			config := unlimited()
			config.Observer = n
			_, base := start(t, config)
			_, s, r := pair(t, base)
			burnWith(t, n, s, r)
			tc.end(s, r)
			eventually(t, "the transfer has ended", func() bool {
				_, ended := n.count()
				return ended == 1
			})
			if got := n.ended[0]; got != *tc.want {
				t.Errorf("%+v, want %+v", got, *tc.want)
			}
			if relayed := n.stats().RelayedBytes; relayed != 4 {
				t.Errorf("%d bytes were relayed", relayed)
			}
		})
	}
}

// A code that nobody tries is no transfer, whatever becomes of it.
func TestUntriedCodesAreNoTransfers(t *testing.T) {
	n := newNotes()
	config := unlimited()
	config.Observer = n
	relay, base := start(t, config)
	_, s, r := pair(t, base)
	if got, want := n.stats(), (Stats{Rooms: 1, MaxRooms: 10_000, Peers: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	r.goodbye()
	s.send(byte(wire.RoomCloseKind))
	if err := relay.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if started, ended := n.count(); started != 0 || ended != 0 {
		t.Errorf("%d started, %d ended", started, ended)
	}
	if got, want := n.stats(), (Stats{MaxRooms: 10_000}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Peers that resume are a transfer of their own, which fails if the relay closes.
func TestResumptionsAreObserved(t *testing.T) {
	n := newNotes()
	config := unlimited()
	config.Observer = n
	relay, base := start(t, config)
	id := [16]byte{1}
	a := dial(t, base, wire.RoomJoin{Role: wire.RoomResumer, Resume: id, Peer: [16]byte{2}})
	a.wantFrame(wire.RoomWelcome{}.Append(nil))
	b := dial(t, base, wire.RoomJoin{Role: wire.RoomResumer, Resume: id, Peer: [16]byte{3}})
	b.wantFrame(wire.RoomWelcome{Flags: wire.RoomPeerHere}.Append(nil))
	a.want(wire.RoomJoinedKind)
	if !slices.Equal(n.started, []TransferKind{ByResume}) {
		t.Errorf("started: %v", n.started)
	}
	if err := relay.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []Transfer{{Kind: ByResume}}; !slices.Equal(n.ended, want) {
		t.Errorf("%+v, want %+v", n.ended, want)
	}
}

// Requests are counted by their route, not by what a client invents.
func TestRequestsAreObserved(t *testing.T) {
	n := newNotes()
	config := unlimited()
	config.Observer = n
	_, base := start(t, config)
	for _, r := range [][2]string{
		{"GET", "/"}, {"GET", "/api/health"}, {"HEAD", "/api/health"}, {"GET", "/a/b"}, {"GET", "/c"}, {"BREW", "/"}, {"POST", "/api/session"}, {"GET", "/ws"},
	} {
		request(t, r[0], base+r[1], nil)
	}
	request(t, "POST", base+"/api/session", nil, "Origin", "https://evil.example")
	open(t, base, "")
	conn := connect(t, base)
	_ = conn.conn.Close()
	want := map[string]int{
		"GET / 200": 1, "GET /api/health 200": 1, "HEAD /api/health 200": 1, "GET other 404": 2, "other / 405": 1,
		"POST /api/session 400": 1, "POST /api/session 403": 1, "POST /api/session 201": 1, "GET /ws 426": 1, "GET /ws 101": 1,
	}
	// The WebSocket that closes without a join counts as malformed.
	rejected := map[string]int{"malformed": 2, "origin": 1}
	eventually(t, "all requests are counted", func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		return maps.Equal(n.requests, want) && maps.Equal(n.rejected, rejected)
	})
}

// asking asks for the figures as soon as it may.
type asking struct {
	unobserved
	asked chan struct{}
}

func (a asking) Watch(stats func() Stats) {
	go func() {
		stats()
		close(a.asked)
	}()
}

// A relay may be asked for its figures at once: the race detector sees whether all of it
// is there by then.
func TestStatsAtOnce(t *testing.T) {
	a := asking{asked: make(chan struct{})}
	r, err := New(Config{Observer: a})
	if err != nil {
		t.Fatal(err)
	}
	<-a.asked
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
