package relay

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// serveTURN runs a relay with TURN until the end of the test, and returns its address.
func serveTURN(t *testing.T, config *TURN) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	addrs, served := make(chan net.Addr, 1), make(chan error, 1)
	c := unlimited()
	c.TURN = config
	go func() { served <- ListenAndServe(ctx, "127.0.0.1:0", c, func(a net.Addr) { addrs <- a }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("ListenAndServe: %v", err)
		}
	})
	return (<-addrs).String()
}

// askTURN asks for a credential.
func (s client) askTURN() wire.RoomTURN {
	s.t.Helper()
	s.send(byte(wire.RoomAskTURNKind))
	answer, err := wire.ParseRoomTURN(s.frame())
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}

// A peer in a room gets a credential that the relay's TURN server accepts. The UDP
// port serves STUN as well.
func TestTURNForPeersInRooms(t *testing.T) {
	address := serveTURN(t, &TURN{})
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + address
	var names []string
	for _, nameplate := range []string{"918", "819"} { // no digits that a random name may have
		reply := open(t, base, nameplate)
		s := dial(t, base, asSender(reply.Nameplate, reply.Ticket))
		s.wantFrame(wire.RoomWelcome{Flags: wire.RoomHasTURN, Nonce: testNonce(), STUN: ":" + port}.Append(nil))
		mine := s.askTURN()
		if want := []wire.TURNServer{{Transport: wire.TURNUDP, Address: ":" + port}}; !slices.Equal(mine.Servers, want) || mine.Lifetime != time.Hour {
			t.Errorf("answer %+v", mine)
		}
		r := dial(t, base, asReceiver(reply.Nameplate))
		r.frame()
		for _, answer := range []wire.RoomTURN{mine, r.askTURN()} {
			allocateFrom(t, address, answer)
			_, name, _ := strings.Cut(answer.Username, ":")
			names = append(names, name)
		}
		if _, name, _ := strings.Cut(mine.Username, ":"); strings.Contains(name, reply.Nameplate) {
			t.Errorf("the username %q tells the nameplate %s", mine.Username, reply.Nameplate)
		}
	}
	if names[0] != names[1] || names[2] != names[3] || names[0] == names[2] {
		t.Errorf("names of two rooms: %v", names)
	}
	c, err := stun.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Do(stun.MustBuild(stun.TransactionID, stun.BindingRequest), func(e stun.Event) {
		if e.Error != nil {
			t.Error(e.Error)
		}
	}); err != nil {
		t.Error(err)
	}
}

func allocateFrom(t *testing.T, address string, answer wire.RoomTURN) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: address, Conn: conn, Username: answer.Username, Password: answer.Password})
	if err == nil {
		err = c.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	relayed, err := c.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	_ = relayed.Close()
}

// A peer that asks again and again is answered a few times.
func TestAskingTooOften(t *testing.T) {
	base := "http://" + serveTURN(t, &TURN{})
	reply := open(t, base, "")
	s := dial(t, base, asSender(reply.Nameplate, reply.Ticket))
	s.frame()
	r := dial(t, base, asReceiver(reply.Nameplate))
	r.frame()
	s.want(wire.RoomJoinedKind)
	const asked = 50
	for range asked {
		s.send(byte(wire.RoomAskTURNKind))
	}
	s.send(append([]byte{byte(wire.RoomForwardKind)}, "it is still there"...)...)
	r.wantForward("it is still there") // by then all are handled
	r.send(append([]byte{byte(wire.RoomForwardKind)}, "and answered"...)...)
	answers := 0
	for s.frame()[0] == byte(wire.RoomTURNKind) {
		answers++
	}
	if answers == 0 || answers > asked/2 {
		t.Errorf("%d answers", answers)
	}
}

// Without TURN the request is one that means nothing.
func TestAskingWithoutTURN(t *testing.T) {
	_, base := start(t, unlimited())
	reply := open(t, base, "")
	s := dial(t, base, asSender(reply.Nameplate, reply.Ticket))
	s.wantWelcome(0)
	s.send(byte(wire.RoomAskTURNKind))
	s.wantError(wire.RoomMalformed)
}

func TestTURNConfiguration(t *testing.T) {
	v4, v6 := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("2001:db8::1")
	for name, tt := range map[string]struct {
		config TURN
		valid  bool
	}{
		"nothing":              {TURN{}, true},
		"both families":        {TURN{PublicAddresses: []netip.Addr{v4, v6}}, true},
		"one family twice":     {TURN{PublicAddresses: []netip.Addr{v4, v4}}, false},
		"unspecified":          {TURN{PublicAddresses: []netip.Addr{netip.IPv4Unspecified()}}, false},
		"a range":              {TURN{FirstPort: 50000, LastPort: 50000}, true},
		"half a range":         {TURN{FirstPort: 50000}, false},
		"backwards":            {TURN{FirstPort: 50001, LastPort: 50000}, false},
		"negative":             {TURN{PerRoom: -1}, false},
		"a URL":                {TURN{Secret: "s", URLs: []string{"turn:relay.example:3478?transport=udp"}}, true},
		"a URL by TLS":         {TURN{Secret: "s", URLs: []string{"turns:relay.example"}}, true},
		"a URL by DTLS":        {TURN{Secret: "s", URLs: []string{"turns:relay.example?transport=udp"}}, false},
		"a URL without secret": {TURN{URLs: []string{"turn:relay.example"}}, false},
		"a STUN server":        {TURN{Secret: "s", URLs: []string{"stun:relay.example"}}, false},
		"no URL":               {TURN{Secret: "s", URLs: []string{"relay.example:3478"}}, false},
	} {
		if err := tt.config.check(); (err == nil) != tt.valid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
