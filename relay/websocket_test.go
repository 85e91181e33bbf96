package relay

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// dialEarly joins in the upgrade itself.
func dialEarly(t *testing.T, base, authorization string) (client, *http.Response) {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), webSocket(base), http.Header{"Authorization": {authorization}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return client{t, conn}, resp
}

// The join may come in a header, which saves a round trip: the welcome is there
// though nothing was sent through the WebSocket.
func TestJoinInTheUpgrade(t *testing.T) {
	_, base := start(t, unlimited())
	reply := open(t, base, "")
	s, resp := dialEarly(t, base, asSender(reply.Nameplate, reply.Ticket).Authorization())
	if got := resp.Header.Get(wire.RoomJoinHeader); got != wire.RoomJoinHeard {
		t.Errorf("%s: %q", wire.RoomJoinHeader, got)
	}
	s.wantWelcome(0)
	rcv, _ := dialEarly(t, base, strings.Replace(asReceiver(reply.Nameplate).Authorization(), "Tallow", "tALLOW", 1))
	rcv.wantWelcome(wire.RoomPeerHere)
	s.want(wire.RoomJoinedKind)
	rcv.forward("M1")
	s.wantForward("M1")

	for _, malformed := range []string{"Tallow", "Tallow ", "Tallow !", "Tallow CAIB", "Tallow " + strings.Repeat("A", 8000)} {
		stranger, _ := dialEarly(t, base, malformed)
		stranger.wantError(wire.RoomMalformed)
	}
	// A header that is meant for a proxy is ignored.
	behind, resp := dialEarly(t, base, "Basic dGFsbG93OnRhbGxvdw==")
	if got := resp.Header.Get(wire.RoomJoinHeader); got != "" {
		t.Errorf("%s: %q, though there was none", wire.RoomJoinHeader, got)
	}
	behind.send(asReceiver(reply.Nameplate).Append(nil)...)
	behind.wantError(wire.RoomFull)
}

// Version 1 put secrets into the URL, where proxies log them. Its peers are told
// what is wrong, whatever they ask for.
func TestQueryIsRefused(t *testing.T) {
	_, base := start(t, unlimited())
	reply := open(t, base, "")
	for _, query := range []string{
		"nameplate=" + reply.Nameplate,
		"nameplate=" + reply.Nameplate + "&ticket=" + reply.Ticket.String(),
		"resume=5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e&peer=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"later=1",
	} {
		conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), webSocket(base)+"?"+query,
			http.Header{"Authorization": {asReceiver(reply.Nameplate).Authorization()}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		old := client{t, conn}
		e, err := wire.ParseRoomError(old.frame())
		if err != nil || e.Code != wire.RoomWrongVersion || !strings.Contains(e.Message, "version 2") {
			t.Errorf("%s: %+v, %v", query, e, err)
		}
		old.wantEnd(websocket.ClosePolicyViolation)
	}
	newer := connect(t, base)
	newer.send(byte(wire.RoomJoinKind), wire.RoomVersion+1, 77)
	newer.wantError(wire.RoomWrongVersion)
}

func TestPeerThatNeverJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		dialer := websocket.Dialer{NetDialContext: n.dial}
		conn, _, err := dialer.DialContext(t.Context(), "ws://pipe/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		begin := time.Now()
		time.Sleep(testTimeout / 2)
		client{t, conn}.wantError(wire.RoomIdle)
		if took := time.Since(begin); took != joinTimeout {
			t.Errorf("refused after %v, want %v", took, joinTimeout)
		}
	})
}

func TestShutdownDoesNotWaitForWhoNeverJoins(t *testing.T) {
	r, base := start(t, unlimited())
	idle := connect(t, base)
	eventually(t, "it is served", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.serving) == 1
	})
	done := make(chan error, 1)
	go func() { done <- r.Shutdown(t.Context()) }()
	idle.wantError(wire.RoomClosing)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Whoever has seen its own connection end can join again at once.
func TestSlotIsFreeOnceTheConnectionHasEnded(t *testing.T) {
	_, base := start(t, unlimited())
	reply := open(t, base, "")
	dial(t, base, asSender(reply.Nameplate, reply.Ticket)).wantWelcome(0)
	for range 100 {
		r := dial(t, base, asReceiver(reply.Nameplate))
		r.wantWelcome(wire.RoomPeerHere)
		goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		if err := r.conn.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(testTimeout)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r.conn.NetConn()); err != nil {
			t.Fatal(err)
		}
	}
}
