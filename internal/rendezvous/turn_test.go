package rendezvous

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func TestTURNAddress(t *testing.T) {
	for _, tc := range [][3]string{
		{":3478", "https://relay.example", "relay.example:3478"},
		{"relay.example:3478", "https://relay.example", "relay.example:3478"},
		{"turn.relay.example:3478", "https://relay.example", "turn.relay.example:3478"},
		{"a.b.Relay.example.:3478", "https://relay.example.", "a.b.Relay.example.:3478"},
		{"turn.relay.example:443", "https://relay.example", "turn.relay.example:443"},
		{":3478", "http://127.0.0.1:8080", "127.0.0.1:3478"},
		// Any other host.
		{"turn.example:3478", "https://relay.example", ""},
		{"notrelay.example:3478", "https://relay.example", ""},
		{".relay.example:3478", "https://relay.example", ""},
		{"x.127.0.0.1:3478", "http://127.0.0.1", ""},
		{"x.localhost:3478", "http://localhost", ""},
		{"192.168.1.1:3478", "https://relay.example", ""},
		{"st un.relay.example:3478", "https://relay.example", ""},
		{"\x1b[2J.relay.example:3478", "https://relay.example", ""},
		// Small ports, unless it is the relay's own.
		{"turn.relay.example:53", "https://relay.example", ""},
		{":80", "https://relay.example", ""},
		{"turn.relay.example:0", "https://relay.example", ""},
		{"turn.relay.example", "https://relay.example", ""},
	} {
		base, err := url.Parse(tc[1])
		if err != nil {
			t.Fatal(err)
		}
		if got := turnAddress(tc[0], base); got != tc[2] {
			t.Errorf("%q at %s: %q, want %q", tc[0], tc[1], got, tc[2])
		}
	}
}

// readAll reads what comes, as a link does, and returns how it ended.
func readAll(r *Room) <-chan error {
	ended := make(chan error, 1)
	go func() {
		for buf := make([]byte, ReadSize); ; {
			if _, _, err := r.Read(buf); err != nil {
				ended <- err
				return
			}
		}
	}()
	return ended
}

func TestTURN(t *testing.T) {
	_, address := startRelay(t, relay.Config{TURN: &relay.TURN{
		Secret: "secret", URLs: []string{"turn:127.0.0.1:3478", "turns:127.0.0.1:5349?transport=tcp", "turn:elsewhere.example:3478"},
	}})
	s, r := pair(t, address)
	read := []<-chan error{readAll(s), readAll(r)}
	first, err := s.TURN(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []TURNServer{{wire.TURNUDP, "127.0.0.1:3478"}, {wire.TURNTLS, "127.0.0.1:5349"}}; !slices.Equal(first.Servers, want) {
		t.Errorf("servers %v, want %v", first.Servers, want)
	}
	if left := time.Until(first.Expires); left < 50*time.Minute || left > time.Hour {
		t.Errorf("the credential is good for %v", left)
	}
	again, err := s.TURN(t.Context())
	if err != nil || again.Username != first.Username || !again.Expires.Equal(first.Expires) {
		t.Errorf("a new credential is not kept: %+v, %v", again, err)
	}
	s.turn.renew = time.Time{}
	renewed, err := s.TURN(t.Context())
	if err != nil || !renewed.Expires.After(first.Expires) {
		t.Errorf("an old credential is kept: %+v, %v", renewed, err)
	}
	other, err := r.TURN(t.Context())
	if err != nil || nameOf(other) != nameOf(first) {
		t.Errorf("the peers of a room have the names %q and %q, %v", nameOf(first), nameOf(other), err)
	}
	_, _ = s.Close(), r.Close()
	for _, ended := range read {
		<-ended
	}
	s.turn.renew = time.Time{}
	if _, err := s.TURN(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func nameOf(t TURN) string {
	_, name, _ := strings.Cut(t.Username, ":")
	return name
}

// A relay without TURN is not asked.
func TestNoTURN(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	s, _ := pair(t, address)
	if turn, err := s.TURN(t.Context()); err != nil || len(turn.Servers) != 0 {
		t.Errorf("%+v, %v", turn, err)
	}
}

// What a hostile relay sends as an answer ends the room, or is worth nothing.
func TestHostileTURN(t *testing.T) {
	r := newRoom(nil, "relay", wire.RoomJoin{})
	r.base = &url.URL{Scheme: "https", Host: "relay.example"}
	var broken *ProtocolError
	if err := r.takeTURN([]byte{byte(wire.RoomTURNKind), 1}); !errors.As(err, &broken) {
		t.Errorf("a malformed answer: %v", err)
	}
	for range 3 { // unasked for, and more than one: they do not block the reader
		if err := r.takeTURN(wire.RoomTURN{Username: "u", Password: "p"}.Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	servers := []wire.TURNServer{{Transport: wire.TURNUDP, Address: ":3478"}}
	for _, answer := range []wire.RoomTURN{{Servers: servers}, {Username: "u", Servers: servers}, {Password: "p", Servers: servers}} {
		if got := r.usableTURN(answer, time.Now()); len(got.Servers) != 0 {
			t.Errorf("servers without a credential: %+v", got)
		}
	}
}
