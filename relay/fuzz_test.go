package relay

import (
	"bytes"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// FuzzPeerMessages lets a peer of either role send any messages. The other
// peer must get exactly the forward frames up to the first that is none, and
// nothing must fall over.
func FuzzPeerMessages(f *testing.F) {
	f.Add(true, []byte{3, 5, 'h', 'i', 1, 6, 2, 5, 'x', 1, 7})
	f.Add(false, []byte{2, 5, 0, 1, 6})
	f.Add(false, []byte{2, 5, 0, 1, 7, 1, 2, 1, 3, 0})
	f.Add(true, []byte{0})
	f.Fuzz(func(t *testing.T, fromSender bool, script []byte) {
		tb := newTable(time.Hour, time.Hour, 10, 0)
		defer tb.close()
		r, _ := tb.open([16]byte{}, "7")
		peers := [2]*peer{}
		for i, ticket := range []*wire.Ticket{&r.ticket, nil} {
			p := newPeer(func(time.Duration) {})
			p.queue = make(chan *message, len(script)+10)
			if code := tb.take(p, wire.RoomSeat{Nameplate: "7", Ticket: ticket}, ""); code != 0 {
				t.Fatal(code)
			}
			<-p.queue // the welcome
			peers[i] = p
		}
		role := receiver
		if fromSender {
			role = sender
		}
		s := &socket{peer: peers[role]}
		var want [][]byte
		burnt := false
		for len(script) > 0 && !s.peer.dismissed() {
			n := min(int(script[0]), len(script)-1)
			frame := script[1 : 1+n]
			script = script[1+n:]
			s.handle(&message{frame: bytes.Clone(frame)})
			switch {
			case n > 0 && frame[0] == byte(wire.RoomForwardKind):
				want = append(want, frame)
			case fromSender && n == 1 && frame[0] == byte(wire.RoomBurnKind):
				burnt = true
			case fromSender && n == 1 && frame[0] == byte(wire.RoomCloseKind):
				want = append(want, []byte{byte(wire.RoomLeftKind)})
				if !r.over || s.peer.verdict != 0 {
					t.Fatal("a withdrawn room goes on")
				}
			default:
				if !s.peer.dismissed() || s.peer.verdict != wire.RoomMalformed {
					t.Fatalf("message %x was taken", frame)
				}
			}
		}
		if r.burnt != burnt {
			t.Fatalf("burnt %t, want %t", r.burnt, burnt)
		}
		other := peers[role.other()]
		for _, frame := range want {
			if m := <-other.queue; !bytes.Equal(m.frame, frame) {
				t.Fatalf("the other peer got %x, want %x", m.frame, frame)
			}
		}
		if len(other.queue) > 0 {
			t.Fatalf("the other peer got %x more", (<-other.queue).frame)
		}
	})
}

// FuzzSeat asks for seats with any query.
func FuzzSeat(f *testing.F) {
	f.Add("nameplate=7", "198.51.100.7")
	f.Add("resume=00000000000000000000000000000000&peer=0000000000000000000000000000000f", "198.51.100.7")
	f.Add("nameplate=7&ticket=00000000000000000000000000000000", "")
	f.Add("nameplate=7&nameplate=8&ticket=", "a,b")
	f.Add("%zz;&=", ",")
	f.Fuzz(func(t *testing.T, query, forwarded string) {
		r, err := New(Config{TrustProxy: true, JoinsPerMinute: -1, ResumesPerMinute: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		room, _ := r.table.open([16]byte{}, "7")
		room.burn() // so that only a ticket admits
		req := &http.Request{
			URL: &url.URL{RawQuery: query}, RemoteAddr: "192.0.2.1:1", Header: http.Header{"X-Forwarded-For": {forwarded}},
		}
		if addr := r.clientAddr(req); !addr.IsValid() {
			t.Fatalf("no address from %q", forwarded)
		}
		p := newPeer(func(time.Duration) {})
		code := r.seat(p, req)
		want, err := wire.ParseRoomSeat([]byte(query))
		if admitted := err == nil && want.Resume != nil; (code == 0) != admitted {
			t.Fatalf("%q got a seat: %t, %v", query, code == 0, code)
		}
		if code == 0 {
			close(p.gone)
			p.room.leave(p)
		}
		if n, _ := r.table.size(); n != 1 {
			t.Fatalf("%d rooms after %q, want that of the code alone", n, query)
		}
	})
}
