package relay

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay/roomstore"
)

// startTURNNode starts a node with a TURN server of its own.
func startTURNNode(t *testing.T, store roomstore.Store, host string) (base, packets string) {
	t.Helper()
	listener, udp, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nodes := listenTest(t)
	config := unlimited()
	config.Cluster = &Cluster{Store: store, Listener: nodes, Address: nodes.Addr().String(), Secret: testSecret}
	config.TURN = &TURN{Host: host}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, udp, config) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	n := &testNode{base: "http://" + listener.Addr().String()}
	eventually(t, "the node is ready", func() bool { return n.status(t, "/api/ready") == 200 })
	return n.base, udp.LocalAddr().String()
}

// Two peers who came to two nodes are told the server of their room's home, by its
// own name, and its credentials are good there.
func TestTURNOfTwoNodes(t *testing.T) {
	store := roomstore.NewMemory()
	home, homePackets := startTURNNode(t, store, "node1.relay.example")
	other, _ := startTURNNode(t, store, "node2.relay.example")
	reply := open(t, home, "")
	s := dial(t, home, asSender(reply.Nameplate, reply.Ticket))
	s.frame()
	r := dial(t, other, asReceiver(reply.Nameplate))
	r.frame()
	s.want(wire.RoomJoinedKind)
	_, port, err := net.SplitHostPort(homePackets)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range []client{s, r} {
		answer := p.askTURN()
		want := wire.TURNServer{Transport: wire.TURNUDP, Address: "node1.relay.example:" + port}
		if len(answer.Servers) != 1 || answer.Servers[0] != want {
			t.Errorf("servers %v, want %v", answer.Servers, want)
		}
		allocateFrom(t, homePackets, answer)
		_, name, _ := strings.Cut(answer.Username, ":")
		names = append(names, name)
	}
	if names[0] != names[1] {
		t.Errorf("one room has the names %v", names)
	}
}

// Without a name of its own a node could send peers to the server of another one.
func TestTURNOfANodeNeedsAName(t *testing.T) {
	nodes := listenTest(t)
	defer nodes.Close()
	config := unlimited()
	config.Cluster = &Cluster{Store: roomstore.NewMemory(), Listener: nodes, Address: nodes.Addr().String(), Secret: testSecret}
	for host, ok := range map[string]bool{"": false, "node1.relay.example": true, "node1.relay.example:3478": false} {
		config.TURN = &TURN{Host: host}
		if _, err := New(config); (err == nil) != ok {
			t.Errorf("Host %q: %v", host, err)
		}
	}
}
