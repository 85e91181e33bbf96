package relay

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// FuzzPeerMessages lets a peer of either role send any messages. The other
// peer must get exactly the forward frames up to the first frame of another kind,
// and nothing may panic.
func FuzzPeerMessages(f *testing.F) {
	f.Add(true, []byte{3, 5, 'h', 'i', 1, 6, 2, 5, 'x', 1, 7})
	f.Add(false, []byte{2, 5, 0, 1, 6})
	f.Add(false, []byte{2, 5, 0, 1, 7, 1, 2, 1, 3, 0})
	f.Add(true, []byte{0})
	f.Fuzz(func(t *testing.T, fromSender bool, script []byte) {
		tb := newTestTable(time.Hour, 10, 0)
		defer tb.close()
		r, _ := tb.open(wire.OpenRequest{Nameplate: "7"}, owner{})
		peers := [2]*peer{}
		for i, ticket := range []*wire.Ticket{&r.ticket, nil} {
			p := newPeer(func(time.Duration) {})
			p.queue = make(chan *message, len(script)+10)
			if code := tb.join(p, asPeer("7", ticket), ""); code != 0 {
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
				if !r.over || s.peer.reason != 0 {
					t.Fatal("a withdrawn room goes on")
				}
			default:
				if !s.peer.dismissed() || s.peer.reason != wire.RoomMalformed {
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

// FuzzJoin lets a peer join with any frame.
func FuzzJoin(f *testing.F) {
	f.Add(asReceiver("7").Append(nil), "198.51.100.7")
	f.Add(asResumer(resumeID, 1).Append(nil), "198.51.100.7")
	f.Add(asSender("7", wire.Ticket{}).Append(nil), "")
	f.Add(asReceiver("8").Append(nil), "a,b")
	f.Add([]byte{8, 1}, ",")
	closed := asResumer(resumeID, 1)
	closed.Password = "pass"
	f.Add(closed.Append(nil), "192.0.2.7, 192.0.2.8:1")
	f.Fuzz(func(t *testing.T, frame []byte, forwarded string) {
		r, err := New(Config{
			JoinsPerMinute: -1, ResumesPerMinute: -1,
			Access: Access{TrustedProxies: networks(t, "192.0.2.0/24"), Password: "pass"},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		room, _ := r.table.open(wire.OpenRequest{Nameplate: "7"}, owner{})
		room.burn() // so that only a ticket admits
		req := &http.Request{RemoteAddr: "192.0.2.1:1", Header: http.Header{"X-Forwarded-For": {forwarded}}}
		addr := r.config.Access.clientAddr(req)
		if !addr.IsValid() {
			t.Fatalf("no address from %q", forwarded)
		}
		p := newPeer(func(time.Duration) {})
		join, err := wire.ParseRoomJoin(frame)
		_, _, why := r.admit(t.Context(), p, addr, join, err)
		code := why.code
		if admitted := err == nil && join.Role == wire.RoomResumer && join.Password == "pass"; (code == 0) != admitted {
			t.Fatalf("%x was admitted: %t, %v", frame, code == 0, code)
		}
		if code == 0 {
			close(p.gone)
			p.room.leave(p)
		}
		if n, _ := r.table.size(); n != 1 {
			t.Fatalf("%d rooms after %x, want that of the code alone", n, frame)
		}
	})
}

// FuzzOpen posts any body to a closed relay. It gets a room for the right password
// and a whole request alone, and else a refusal that a client can read.
func FuzzOpen(f *testing.F) {
	good := wire.OpenRequest{Nonce: testNonce(), Nameplate: "7", Words: 3, Password: "pass"}
	f.Add(good.Append(nil))
	good.Password = "wrong"
	f.Add(good.Append(nil))
	f.Add([]byte(`{"nonce":"00"}`))
	f.Add(bytes.Repeat([]byte{' '}, wire.MaxRoomBody+1))
	f.Fuzz(func(t *testing.T, body []byte) {
		config := unlimited()
		config.Access.Password = "pass"
		r, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/api/session", bytes.NewReader(body)))
		request, err := wire.ParseOpenRequest(body)
		granted := err == nil && request.Password == "pass"
		if n, _ := r.table.size(); (n == 1) != granted || (answer.Code == http.StatusCreated) != granted {
			t.Fatalf("%q: %d rooms, status %d", body, n, answer.Code)
		}
		if granted {
			return
		}
		if refusal, err := wire.ParseRefusal(answer.Body.Bytes()); err != nil || refusal.Code == 0 || refusal.Message == "" || answer.Code < 400 {
			t.Fatalf("%q: %d %s: %v", body, answer.Code, answer.Body, err)
		}
	})
}

// FuzzSocket lets a peer write any bytes where WebSocket frames are expected. The
// relay ends the connection or waits for more, and keeps nothing once it is closed.
func FuzzSocket(f *testing.F) {
	masked := func(head ...byte) []byte { return append(head, 0, 0, 0, 0) }
	f.Add(append(masked(0x82, 0x85), asReceiver("7").Append(nil)...))
	f.Add(append(masked(0x81, 0x81), 'x'))
	f.Add(masked(0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
	f.Add(masked(0x89, 0x80))
	f.Add(append(masked(0x02, 0x82), 8, 2, 0x80, 0x83, 0, 0, 0, 0, 1, 1, '7'))
	f.Add(masked(0x88, 0x80))
	f.Fuzz(func(t *testing.T, sent []byte) {
		synctest.Test(t, func(t *testing.T) {
			n := startPipe(t, unlimited())
			conn, err := n.dial(t.Context(), "tcp", "pipe")
			if err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.Copy(io.Discard, conn) }()
			_, _ = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: pipe\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
			synctest.Wait() // until the answer is there
			_, _ = conn.Write(sent)
			_ = conn.Close()
			synctest.Wait()
			n.relay.mu.Lock()
			defer n.relay.mu.Unlock()
			if len(n.relay.serving) != 0 || n.relay.ledger.used != [resources]int{} {
				t.Fatalf("%x: %d are served, %v in use", sent, len(n.relay.serving), n.relay.ledger.used)
			}
		})
	})
}
