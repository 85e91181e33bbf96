package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay/roomstore"
	"github.com/tallow-transfer/tallow/relay/roomstore/redisstore"
	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
)

const testSecret = "0123456789abcdef0123456789abcdef"

// testNode is a node that is served by Serve.
type testNode struct {
	base   string
	stop   func()        // ends it in order
	done   chan struct{} // closed when it has ended
	config Config
}

// startNode starts a node that shares the store.
func startNode(t *testing.T, store roomstore.Store, change func(*Config)) *testNode {
	t.Helper()
	listener, nodes := listenTest(t), listenTest(t)
	config := unlimited()
	config.Cluster = &Cluster{Store: store, Listener: nodes, Address: nodes.Addr().String(), Secret: testSecret}
	if change != nil {
		change(&config)
	}
	ctx, stop := context.WithCancel(context.Background())
	n := &testNode{base: "http://" + listener.Addr().String(), stop: stop, done: make(chan struct{}), config: config}
	go func() {
		defer close(n.done)
		if err := Serve(ctx, listener, nil, config); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-n.done
		http.DefaultClient.CloseIdleConnections()
	})
	eventually(t, "the node is ready", func() bool { return n.status(t, "/api/ready") == http.StatusOK })
	return n
}

func listenTest(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func (n *testNode) status(t *testing.T, path string) int {
	t.Helper()
	resp, err := http.Get(n.base + path)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func twoNodes(t *testing.T) (a, b *testNode) {
	t.Helper()
	store := roomstore.NewMemory()
	return startNode(t, store, nil), startNode(t, store, nil)
}

func TestPeersOfTwoNodesMeet(t *testing.T) {
	a, b := twoNodes(t)
	reply := open(t, a.base, "")
	for _, at := range []*testNode{a, b} { // the sender first at the home, then elsewhere
		s := dial(t, at.base, asSender(reply.Nameplate, reply.Ticket))
		s.wantWelcome(0)
		r := dial(t, b.base, asReceiver(reply.Nameplate))
		r.wantWelcome(wire.RoomPeerHere)
		s.want(wire.RoomJoinedKind)
		s.forward("from the sender")
		r.wantForward("from the sender")
		r.forward("from the receiver")
		s.wantForward("from the receiver")
		big := strings.Repeat("x", wire.MaxRoomPayload)
		for range 20 {
			s.forward(big)
			r.wantForward(big)
		}
		_ = r.conn.Close()
		s.want(wire.RoomLeftKind)
		_ = s.conn.Close()
	}
}

// What a peer may send in a second is limited where it came, even if its room is
// elsewhere.
func TestSpeedOfAPeerThatIsPassedOn(t *testing.T) {
	store := roomstore.NewMemory()
	a := startNode(t, store, nil)
	b := startNode(t, store, func(c *Config) { c.BytesPerSecond = wire.MaxRoomFrame })
	reply := open(t, a.base, "")
	s := dial(t, b.base, asSender(reply.Nameplate, reply.Ticket))
	s.wantWelcome(0)
	r := dial(t, a.base, asReceiver(reply.Nameplate))
	r.wantWelcome(wire.RoomPeerHere)
	s.want(wire.RoomJoinedKind)
	begin := time.Now()
	for range 3 {
		s.forward(strings.Repeat("x", wire.MaxRoomPayload))
		r.wantForward(strings.Repeat("x", wire.MaxRoomPayload))
	}
	if took := time.Since(begin); took < 1500*time.Millisecond {
		t.Errorf("three seconds' allowance went through in %v", took)
	}
}

// A peer that cannot set headers sends its join as the first message.
func TestJoinByMessageIsPassedOn(t *testing.T) {
	a, b := twoNodes(t)
	reply := open(t, a.base, "")
	s := connect(t, b.base)
	s.send(asSender(reply.Nameplate, reply.Ticket).Append(nil)...)
	s.wantWelcome(0)
	r := connect(t, a.base)
	r.send(asReceiver(reply.Nameplate).Append(nil)...)
	r.wantWelcome(wire.RoomPeerHere)
	s.want(wire.RoomJoinedKind)
	r.forward("x")
	s.wantForward("x")
}

func TestResumersOfTwoNodesMeet(t *testing.T) {
	nodes := make([]*testNode, 2)
	nodes[0], nodes[1] = twoNodes(t)
	room := [16]byte{7}
	x := dial(t, nodes[0].base, asResumer(room, 1))
	x.wantResumeWelcome(0)
	y := dial(t, nodes[1].base, asResumer(room, 2))
	y.wantResumeWelcome(wire.RoomPeerHere)
	x.want(wire.RoomJoinedKind)
	// One connects again, at another node, before its old connection has ended.
	again := dial(t, nodes[1].base, asResumer(room, 1))
	again.wantResumeWelcome(wire.RoomPeerHere)
	y.want(wire.RoomLeftKind)
	y.want(wire.RoomJoinedKind)
	again.forward("x")
	y.wantForward("x")
}

func TestRefusalsComeThroughNodes(t *testing.T) {
	a, b := twoNodes(t)
	dial(t, b.base, asReceiver("1234567")).wantError(wire.RoomUnknown)
	reply := open(t, a.base, "")
	dial(t, b.base, asSender(reply.Nameplate, wire.Ticket{1})).wantError(wire.RoomTicket)
	s := dial(t, a.base, asSender(reply.Nameplate, reply.Ticket))
	s.wantWelcome(0)
	dial(t, b.base, asReceiver(reply.Nameplate)).wantWelcome(wire.RoomPeerHere)
	dial(t, b.base, asReceiver(reply.Nameplate)).wantError(wire.RoomFull)
	s.send(byte(wire.RoomBurnKind))
	eventually(t, "the code is burnt", func() bool {
		c := dial(t, b.base, asReceiver(reply.Nameplate))
		e, err := wire.ParseRoomError(c.frame())
		return err == nil && e.Code == wire.RoomUsed
	})
	resp, body := post(t, b.base, `{"nonce":"000102030405060708090a0b0c0d0e0f","nameplate":"`+reply.Nameplate+`"}`)
	if resp.StatusCode != http.StatusConflict {
		t.Errorf("a nameplate of another node was opened: %d %s", resp.StatusCode, body)
	}
}

func TestManyReceiversOfTwoNodesRace(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		a, b := twoNodes(t)
		raceReceivers(t, []*testNode{a, b})
	})
	t.Run("redis", func(t *testing.T) {
		server := redistest.Start(t)
		var nodes []*testNode
		for range 2 {
			store, err := redisstore.Open(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			nodes = append(nodes, startNode(t, store, nil))
		}
		raceReceivers(t, nodes)
	})
}

func raceReceivers(t *testing.T, nodes []*testNode) {
	t.Helper()
	for round := range 5 {
		reply := open(t, nodes[round%2].base, "")
		dial(t, nodes[(round/2)%2].base, asSender(reply.Nameplate, reply.Ticket)).wantWelcome(0)
		var won atomic.Int64
		var wg sync.WaitGroup
		for i := range 20 {
			c := connect(t, nodes[i%2].base)
			wg.Go(func() {
				c.send(asReceiver(reply.Nameplate).Append(nil)...)
				if frame := c.frame(); len(frame) > 0 && wire.RoomKind(frame[0]) == wire.RoomWelcomeKind {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d receivers of 20 are in one room", won.Load())
		}
	}
}

// The nodes choose nameplates that no other node has.
func TestNameplatesOfTwoNodes(t *testing.T) {
	nodes := make([]*testNode, 2)
	nodes[0], nodes[1] = twoNodes(t)
	seen := make(map[string]bool)
	short := 0
	for i := range 160 {
		reply := open(t, nodes[i%2].base, "")
		if seen[reply.Nameplate] {
			t.Fatalf("%s twice", reply.Nameplate)
		}
		seen[reply.Nameplate] = true
		if len(reply.Nameplate) <= 2 {
			short++
		}
	}
	if short < 30 || short == len(seen) {
		t.Errorf("%d of %d are short", short, len(seen))
	}
}

// deadStore makes calls of one node fail.
type deadStore struct {
	roomstore.Store
	dead atomic.Bool
}

var errDead = errors.New("dead")

func (d *deadStore) Beat(ctx context.Context, node, address string, life time.Duration) (bool, error) {
	if d.dead.Load() {
		return false, errDead
	}
	return d.Store.Beat(ctx, node, address, life)
}

func (d *deadStore) Claim(ctx context.Context, key roomstore.Key, node string, life time.Duration) (roomstore.Record, bool, error) {
	if d.dead.Load() {
		return roomstore.Record{}, false, errDead
	}
	return d.Store.Claim(ctx, key, node, life)
}

func (d *deadStore) Open(ctx context.Context, r roomstore.Record, life time.Duration, again bool) error {
	if d.dead.Load() {
		return errDead
	}
	return d.Store.Open(ctx, r, life, again)
}

func (d *deadStore) Keep(ctx context.Context, r roomstore.Record, life time.Duration) error {
	if d.dead.Load() {
		return errDead
	}
	return d.Store.Keep(ctx, r, life)
}

// A node without the store admits nobody, disturbs nobody, and gives up the rooms that
// another node took meanwhile.
func TestNodeWithoutItsStore(t *testing.T) {
	store := roomstore.NewMemory()
	cut := &deadStore{Store: store}
	a, b := startNode(t, cut, nil), startNode(t, store, nil)
	kept, lost := open(t, a.base, ""), open(t, a.base, "")
	s := dial(t, a.base, asSender(kept.Nameplate, kept.Ticket))
	s.wantWelcome(0)
	r := dial(t, b.base, asReceiver(kept.Nameplate))
	r.wantWelcome(wire.RoomPeerHere)
	s.want(wire.RoomJoinedKind)
	waiting := dial(t, a.base, asSender(lost.Nameplate, lost.Ticket))
	waiting.wantWelcome(0)

	cut.dead.Store(true)
	eventually(t, "the node is not ready", func() bool { return a.status(t, "/api/ready") == http.StatusServiceUnavailable })
	resp, body := post(t, a.base, `{"nonce":"000102030405060708090a0b0c0d0e0f"}`)
	if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), `"unavailable"`) || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a room without the store: %d %s %v", resp.StatusCode, body, resp.Header)
	}
	s.send(byte(wire.RoomBurnKind)) // for the store later
	s.forward("still here")
	r.wantForward("still here")

	taken := dial(t, b.base, asReceiver(lost.Nameplate))
	taken.wantWelcome(0)
	if record, _, _ := store.Find(t.Context(), roomstore.CodeKey(kept.Nameplate)); record.Burnt {
		t.Error("the store knows what it was not told")
	}
	cut.dead.Store(false)
	eventually(t, "the store knows that the code is burnt", func() bool {
		record, found, _ := store.Find(t.Context(), roomstore.CodeKey(kept.Nameplate))
		return found && record.Burnt
	})
	waiting.wantError(wire.RoomClosing)
	waiting = dial(t, a.base, asSender(lost.Nameplate, lost.Ticket))
	waiting.wantWelcome(wire.RoomPeerHere)
	taken.want(wire.RoomJoinedKind)
	waiting.forward("here again")
	taken.wantForward("here again")
	s.forward("and here")
	r.wantForward("and here")
}

// When a node drains, its peers go on at another.
func TestDrainMovesPeers(t *testing.T) {
	store := roomstore.NewMemory()
	a := startNode(t, store, func(c *Config) { c.DrainTimeout = time.Hour })
	b := startNode(t, store, nil)
	waits, passed, busy := open(t, a.base, ""), open(t, b.base, ""), open(t, a.base, "")
	s := dial(t, a.base, asSender(waits.Nameplate, waits.Ticket))
	s.wantWelcome(0)
	p := dial(t, a.base, asSender(passed.Nameplate, passed.Ticket))
	p.wantWelcome(0)
	bs := dial(t, a.base, asSender(busy.Nameplate, busy.Ticket))
	bs.wantWelcome(0)
	br := dial(t, b.base, asReceiver(busy.Nameplate))
	br.wantWelcome(wire.RoomPeerHere)
	bs.want(wire.RoomJoinedKind)
	bs.send(byte(wire.RoomBurnKind))

	a.stop()
	s.wantError(wire.RoomClosing)
	p.wantError(wire.RoomClosing)
	if status := a.status(t, "/api/ready"); status != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", status)
	}
	if status := a.status(t, "/ws"); status != http.StatusServiceUnavailable {
		t.Errorf("a WebSocket: %d", status)
	}
	for _, reply := range []wire.OpenReply{waits, passed} {
		s := dial(t, b.base, asSender(reply.Nameplate, reply.Ticket))
		s.wantWelcome(0)
		r := dial(t, b.base, asReceiver(reply.Nameplate))
		r.wantWelcome(wire.RoomPeerHere)
		s.want(wire.RoomJoinedKind)
	}
	bs.forward("to the end")
	br.wantForward("to the end")
	_ = bs.conn.Close()
	br.want(wire.RoomLeftKind)
	_ = br.conn.Close()
	select {
	case <-a.done:
	case <-time.After(testTimeout):
		t.Error("the node did not end")
	}
}

// A single relay lets transfers end, and keeps peers that wait until then.
func TestDrainOfASingleRelay(t *testing.T) {
	r, base := start(t, unlimited())
	waits := open(t, base, "")
	w := dial(t, base, asSender(waits.Nameplate, waits.Ticket))
	w.wantWelcome(0)
	_, s, receiver := pair(t, base)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		r.Drain(t.Context())
	}()
	eventually(t, "the relay drains", func() bool {
		resp, _ := post(t, base, `{"nonce":"000102030405060708090a0b0c0d0e0f"}`)
		return resp.StatusCode == http.StatusServiceUnavailable
	})
	s.forward("x")
	receiver.wantForward("x")
	select {
	case <-drained:
		t.Error("it did not wait")
	default:
	}
	again := dial(t, base, asSender(waits.Nameplate, waits.Ticket))
	again.wantWelcome(0)
	_ = s.conn.Close()
	_ = receiver.conn.Close()
	<-drained
}

func TestNodesNeedTheSecret(t *testing.T) {
	a, _ := twoNodes(t)
	other, err := newNodeLinks(strings.Repeat("another secret ", 4))
	if err != nil {
		t.Fatal(err)
	}
	right, err := newNodeLinks(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	for _, links := range []struct {
		nodeLinks
		want bool
	}{{other, false}, {right, true}} {
		n := &node{links: links.nodeLinks}
		_, err := n.dial(t.Context(), &roomstore.Record{Address: a.config.Cluster.Address, Home: "nobody"}, netip.MustParseAddr("127.0.0.1"), asReceiver("7"))
		if errors.Is(err, errMisdirected) != links.want {
			t.Errorf("dial: %v", err)
		}
	}
}

func TestClusterIsChecked(t *testing.T) {
	good := Cluster{Store: roomstore.NewMemory(), Listener: listenTest(t), Address: "host:1", Secret: testSecret}
	defer good.Listener.Close()
	for want, change := range map[string]func(*Cluster){
		"Store": func(c *Cluster) { c.Store = nil }, "Listener": func(c *Cluster) { c.Listener = nil },
		"Address": func(c *Cluster) { c.Address = "host" }, "Secret": func(c *Cluster) { c.Secret = "short" },
	} {
		c := good
		change(&c)
		if _, err := New(Config{Cluster: &c}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
