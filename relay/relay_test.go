package relay

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTimeout bounds every wait in a test.
const testTimeout = 10 * time.Second

// unlimited is a configuration without rate limits.
func unlimited() Config {
	return Config{RoomsPerMinute: -1, JoinsPerMinute: -1, ResumesPerMinute: -1, Limits: noLimits()}
}

func noLimits() Limits {
	return Limits{MaxConnections: -1, ConnectionsPerClient: -1, RoomsPerClient: -1, JoinsPerNameplate: -1, SilentTimeout: 1000 * time.Hour}
}

// start serves a relay on a real socket and gives its base URL.
func start(t *testing.T, config Config) (*Relay, string) {
	t.Helper()
	r, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return r, server.URL
}

func testNonce() [16]byte { return [16]byte{0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} }

// post sends a body to /api/session.
func post(t *testing.T, base, body string) (*http.Response, []byte) {
	t.Helper()
	return request(t, http.MethodPost, base+"/api/session", strings.NewReader(body))
}

// open opens a room and fails the test if that does not work.
func open(t *testing.T, base, nameplate string) wire.OpenReply {
	t.Helper()
	resp, body := post(t, base, string(wire.OpenRequest{Nonce: testNonce(), Nameplate: nameplate}.Append(nil)))
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("open: %s: %s", resp.Status, body)
	}
	reply, err := wire.ParseOpenReply(body)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// client is a test's peer: a plain WebSocket client.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

// webSocket is the URL of a relay's WebSocket.
func webSocket(base string) string { return "ws" + strings.TrimPrefix(base, "http") + "/ws" }

// connect opens a WebSocket and joins nothing.
func connect(t *testing.T, base string) client {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), webSocket(base), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return client{t, conn}
}

func dial(t *testing.T, base string, join wire.RoomJoin) client {
	t.Helper()
	s := connect(t, base)
	s.send(join.Append(nil)...)
	return s
}

func asReceiver(nameplate string) wire.RoomJoin {
	return wire.RoomJoin{Role: wire.RoomReceiver, Nameplate: nameplate}
}

func asSender(nameplate string, ticket wire.Ticket) wire.RoomJoin {
	return wire.RoomJoin{Role: wire.RoomSender, Nameplate: nameplate, Ticket: ticket}
}

func asResumer(room [16]byte, id byte) wire.RoomJoin {
	return wire.RoomJoin{Role: wire.RoomResumer, Resume: room, Peer: [16]byte{id}}
}

// frame reads the next frame.
func (s client) frame() []byte {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(testTimeout))
	kind, b, err := s.conn.ReadMessage()
	if err != nil || kind != websocket.BinaryMessage {
		s.t.Fatalf("reading a frame: kind %d, %v", kind, err)
	}
	return b
}

func (s client) wantFrame(want []byte) {
	s.t.Helper()
	if got := s.frame(); !bytes.Equal(got, want) {
		s.t.Fatalf("frame %.60x, want %.60x", got, want)
	}
}

func (s client) want(kind wire.RoomKind) { s.t.Helper(); s.wantFrame([]byte{byte(kind)}) }

func (s client) wantWelcome(flags wire.RoomFlags) {
	s.t.Helper()
	s.wantFrame(wire.RoomWelcome{Flags: flags, Nonce: testNonce()}.Append(nil))
}

func (s client) wantForward(payload string) {
	s.t.Helper()
	s.wantFrame(append([]byte{byte(wire.RoomForwardKind)}, payload...))
}

// wantError expects an error frame, and then the end of the connection.
func (s client) wantError(code wire.RoomErrorCode) {
	s.t.Helper()
	e, err := wire.ParseRoomError(s.frame())
	if err != nil || e.Code != code || e.Message == "" {
		s.t.Fatalf("error frame %+v, %v; want %v", e, err, code)
	}
	s.wantEnd(websocket.ClosePolicyViolation)
}

// wantEnd expects a close frame.
func (s client) wantEnd(code int) {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(testTimeout))
	if _, b, err := s.conn.ReadMessage(); !websocket.IsCloseError(err, code) {
		s.t.Fatalf("got %.60x, %v; want the end, with close code %d", b, err, code)
	}
	_ = s.conn.Close()
}

func (s client) send(frame ...byte) {
	s.t.Helper()
	if err := s.conn.WriteMessage(websocket.BinaryMessage, frame); err != nil {
		s.t.Fatal(err)
	}
}

func (s client) forward(payload string) {
	s.t.Helper()
	s.send(append([]byte{byte(wire.RoomForwardKind)}, payload...)...)
}

// pair opens a room and lets both peers join.
func pair(t *testing.T, base string) (reply wire.OpenReply, s, r client) {
	t.Helper()
	reply = open(t, base, "")
	s = dial(t, base, asSender(reply.Nameplate, reply.Ticket))
	s.wantWelcome(0)
	r = dial(t, base, asReceiver(reply.Nameplate))
	r.wantWelcome(wire.RoomPeerHere)
	s.want(wire.RoomJoinedKind)
	return reply, s, r
}

// eventually polls for a condition that must come true.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(testTimeout)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("never came true: %s", what)
		}
		<-ticker.C
	}
}

func rooms(r *Relay) int { n, _ := r.table.size(); return n }

func TestWholeProtocol(t *testing.T) {
	r, base := start(t, unlimited())
	reply, s, rcv := pair(t, base)
	if reply.Expires != time.Hour {
		t.Errorf("expires in %v, want 1h", reply.Expires)
	}
	rcv.forward("M1")
	s.wantForward("M1")
	s.send(byte(wire.RoomBurnKind))
	s.forward("M2")
	rcv.wantForward("M2")
	s.forward("")
	rcv.wantForward("")
	longest := strings.Repeat("x", wire.MaxRoomPayload)
	s.forward(longest)
	rcv.wantForward(longest)

	late := dial(t, base, asReceiver(reply.Nameplate))
	late.wantError(wire.RoomUsed)

	_ = rcv.conn.Close()
	s.want(wire.RoomLeftKind)
	s.forward("to nobody")
	if rooms(r) != 1 {
		t.Error("the room ended although its sender is in it")
	}
	_ = s.conn.Close()
	eventually(t, "the burnt and empty room ends", func() bool { return rooms(r) == 0 })
	dial(t, base, asReceiver(reply.Nameplate)).wantError(wire.RoomUsed)
}

func TestReceiverComesFirstAndLeaves(t *testing.T) {
	_, base := start(t, unlimited())
	reply := open(t, base, "")
	first := dial(t, base, asReceiver(reply.Nameplate))
	first.wantWelcome(0)
	s := dial(t, base, asSender(reply.Nameplate, reply.Ticket))
	s.wantWelcome(wire.RoomPeerHere)
	first.want(wire.RoomJoinedKind)
	first.forward("this arrives")
	s.wantForward("this arrives")
	_ = first.conn.Close()
	s.want(wire.RoomLeftKind)

	// The code is not burnt, so the next may try.
	second := dial(t, base, asReceiver(reply.Nameplate))
	second.wantWelcome(wire.RoomPeerHere)
	s.want(wire.RoomJoinedKind)
	s.forward("hello")
	second.wantForward("hello")
}

func TestSenderTakesItsSeatAgain(t *testing.T) {
	r, base := start(t, unlimited())
	reply, s, rcv := pair(t, base)
	again := asSender(reply.Nameplate, reply.Ticket)
	_ = s.conn.Close()
	rcv.want(wire.RoomLeftKind)
	eventually(t, "the sender's slot is free", func() bool { return slotFree(r, reply.Nameplate, sender) })
	s = dial(t, base, again)
	s.wantWelcome(wire.RoomPeerHere)
	rcv.want(wire.RoomJoinedKind)
	rcv.forward("still here")
	s.wantForward("still here")
}

func slotFree(r *Relay, nameplate string, slot role) bool {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	e := r.table.entries[nameplate]
	return e.room.slots[slot].Load() == nil
}

func TestRefusals(t *testing.T) {
	_, base := start(t, unlimited())
	reply, s, rcv := pair(t, base)
	wrong := reply.Ticket
	wrong[15]++
	for name, tc := range map[string]struct {
		join wire.RoomJoin
		want wire.RoomErrorCode
	}{
		"a third peer":                {asReceiver(reply.Nameplate), wire.RoomFull},
		"an unknown nameplate":        {asReceiver("123456"), wire.RoomUnknown},
		"an unknown one, with ticket": {asSender("123456", reply.Ticket), wire.RoomUnknown},
		"a wrong ticket":              {asSender(reply.Nameplate, wrong), wire.RoomTicket},
		"no nameplate":                {asReceiver(""), wire.RoomMalformed},
		"no number":                   {asReceiver("seven"), wire.RoomMalformed},
		"a leading zero":              {asReceiver("0" + reply.Nameplate), wire.RoomMalformed},
		"no role":                     {wire.RoomJoin{Nameplate: reply.Nameplate}, wire.RoomMalformed},
	} {
		t.Run(name, func(t *testing.T) { dial(t, base, tc.join).wantError(tc.want) })
	}
	for name, frame := range map[string][]byte{
		"half a ticket":     asSender(reply.Nameplate, reply.Ticket).Append(nil)[:13],
		"no ticket":         asSender(reply.Nameplate, reply.Ticket).Append(nil)[:4+len(reply.Nameplate)],
		"another kind":      {byte(wire.RoomBurnKind)},
		"a message at once": append([]byte{byte(wire.RoomForwardKind)}, "M1"...),
		"too large a join":  make([]byte, 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			stranger := connect(t, base)
			_ = stranger.conn.WriteMessage(websocket.BinaryMessage, frame)
			stranger.wantError(wire.RoomMalformed)
		})
	}
	t.Run("text", func(t *testing.T) {
		stranger := connect(t, base)
		_ = stranger.conn.WriteMessage(websocket.TextMessage, asReceiver(reply.Nameplate).Append(nil))
		stranger.wantError(wire.RoomMalformed)
	})
	s.forward("nothing is lost")
	rcv.wantForward("nothing is lost")
	rcv.forward("for either")
	s.wantForward("for either")
}

func TestBadMessages(t *testing.T) {
	tooLarge := make([]byte, wire.MaxRoomFrame+1)
	tooLarge[0] = byte(wire.RoomForwardKind)
	huge := make([]byte, 8<<20)
	huge[0] = byte(wire.RoomForwardKind)
	for name, tc := range map[string]struct {
		from role
		kind int
		data []byte
		want wire.RoomErrorCode
	}{
		"a byte too large":          {sender, websocket.BinaryMessage, tooLarge, wire.RoomTooLarge},
		"megabytes":                 {receiver, websocket.BinaryMessage, huge, wire.RoomTooLarge},
		"text":                      {sender, websocket.TextMessage, []byte{5, 'x'}, wire.RoomMalformed},
		"nothing":                   {sender, websocket.BinaryMessage, nil, wire.RoomMalformed},
		"a kind that is none":       {receiver, websocket.BinaryMessage, []byte{9}, wire.RoomMalformed},
		"another join":              {receiver, websocket.BinaryMessage, asReceiver("7").Append(nil), wire.RoomMalformed},
		"a welcome":                 {receiver, websocket.BinaryMessage, wire.RoomWelcome{}.Append(nil), wire.RoomMalformed},
		"joined":                    {receiver, websocket.BinaryMessage, []byte{byte(wire.RoomJoinedKind)}, wire.RoomMalformed},
		"burn with a body":          {sender, websocket.BinaryMessage, []byte{byte(wire.RoomBurnKind), 0}, wire.RoomMalformed},
		"burn, from the receiver":   {receiver, websocket.BinaryMessage, []byte{byte(wire.RoomBurnKind)}, wire.RoomMalformed},
		"close, from the receiver":  {receiver, websocket.BinaryMessage, []byte{byte(wire.RoomCloseKind)}, wire.RoomMalformed},
		"an error, from the sender": {sender, websocket.BinaryMessage, wire.RoomError{Code: 1}.Append(nil), wire.RoomMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			r, base := start(t, unlimited())
			reply, s, rcv := pair(t, base)
			bad, good := s, rcv
			if tc.from == receiver {
				bad, good = rcv, s
			}
			good.forward("sent before")
			bad.wantForward("sent before")
			bad.forward("sent before that")
			_ = bad.conn.WriteMessage(tc.kind, tc.data) // megabytes may be cut off half-way
			bad.wantError(tc.want)
			good.wantForward("sent before that")
			good.want(wire.RoomLeftKind)

			// The room goes on, and the slot is free for another try.
			eventually(t, "the slot is free", func() bool { return slotFree(r, reply.Nameplate, tc.from) })
			join := asReceiver(reply.Nameplate)
			if tc.from == sender {
				join = asSender(reply.Nameplate, reply.Ticket)
			}
			again := dial(t, base, join)
			again.wantWelcome(wire.RoomPeerHere)
			good.want(wire.RoomJoinedKind)
			good.forward("and on")
			again.wantForward("and on")
		})
	}
}

func TestSmallerMaxMessage(t *testing.T) {
	config := unlimited()
	config.MaxMessage = 10
	_, base := start(t, config)
	_, s, rcv := pair(t, base)
	s.forward("0123456789")
	rcv.wantForward("0123456789")
	s.forward("0123456789a")
	s.wantError(wire.RoomTooLarge)
	rcv.want(wire.RoomLeftKind)
}

func TestWithdraw(t *testing.T) {
	r, base := start(t, unlimited())
	reply, s, rcv := pair(t, base)
	s.forward("last words")
	s.send(byte(wire.RoomCloseKind))
	rcv.wantForward("last words")
	rcv.want(wire.RoomLeftKind)
	rcv.wantEnd(websocket.CloseNormalClosure)
	s.wantEnd(websocket.CloseNormalClosure)
	if rooms(r) != 0 {
		t.Error("the room is still there")
	}
	dial(t, base, asReceiver(reply.Nameplate)).wantError(wire.RoomWithdrawn)
	if again := open(t, base, reply.Nameplate); again.Ticket == reply.Ticket {
		t.Error("the same ticket twice")
	}
}

func TestTwoRoomsDoNotDisturbEachOther(t *testing.T) {
	_, base := start(t, unlimited())
	one, s1, r1 := pair(t, base)
	two, s2, r2 := pair(t, base)
	if one.Nameplate == two.Nameplate || one.Ticket == two.Ticket {
		t.Fatal("two rooms share a nameplate or a ticket")
	}
	dial(t, base, asSender(one.Nameplate, two.Ticket)).wantError(wire.RoomTicket)
	for i := range 50 {
		s1.forward(fmt.Sprint("one ", i))
		s2.forward(fmt.Sprint("two ", i))
		r1.forward(fmt.Sprint("eno ", i))
	}
	for i := range 50 {
		s1.wantForward(fmt.Sprint("eno ", i))
	}
	s1.send(0xee) // malformed
	for i := range 50 {
		r2.wantForward(fmt.Sprint("two ", i))
		r1.wantForward(fmt.Sprint("one ", i))
	}
	r1.want(wire.RoomLeftKind)
	r2.forward("undisturbed")
	s2.wantForward("undisturbed")
}

func TestOneOfManyReceiversWins(t *testing.T) {
	_, base := start(t, unlimited())
	for range 20 {
		reply := open(t, base, "")
		s := dial(t, base, asSender(reply.Nameplate, reply.Ticket))
		s.wantWelcome(0)
		var (
			wg        sync.WaitGroup
			won, full atomic.Int32
			fire      = make(chan struct{})
		)
		for range 4 {
			wg.Go(func() {
				<-fire
				conn, _, err := websocket.DefaultDialer.Dial(webSocket(base), nil)
				if err != nil {
					t.Error(err)
					return
				}
				_ = conn.WriteMessage(websocket.BinaryMessage, asReceiver(reply.Nameplate).Append(nil))
				t.Cleanup(func() { _ = conn.Close() }) // the winner stays
				_ = conn.SetReadDeadline(time.Now().Add(testTimeout))
				_, b, err := conn.ReadMessage()
				if err != nil {
					t.Error(err)
					return
				}
				if e, err := wire.ParseRoomError(b); err == nil && e.Code == wire.RoomFull {
					full.Add(1)
				} else if w, err := wire.ParseRoomWelcome(b); err == nil && w.Flags == wire.RoomPeerHere {
					won.Add(1)
				}
			})
		}
		close(fire)
		wg.Wait()
		if won.Load() != 1 || full.Load() != 3 {
			t.Fatalf("%d won and %d were told that the room is full, of 4", won.Load(), full.Load())
		}
		s.want(wire.RoomJoinedKind)
	}
}

func TestSTUNAddressIsTold(t *testing.T) {
	config := unlimited()
	config.STUNAddress = ":3478"
	_, base := start(t, config)
	reply := open(t, base, "")
	dial(t, base, asReceiver(reply.Nameplate)).
		wantFrame(wire.RoomWelcome{Nonce: testNonce(), STUN: ":3478"}.Append(nil))
}

func TestShutdownTellsAndWaits(t *testing.T) {
	r, base := start(t, unlimited())
	_, s, rcv := pair(t, base)
	alone := open(t, base, "")
	lonely := dial(t, base, asReceiver(alone.Nameplate))
	lonely.wantWelcome(0)

	done := make(chan error, 1)
	go func() { done <- r.Shutdown(t.Context()) }()
	for _, p := range []client{s, rcv, lonely} {
		p.wantError(wire.RoomClosing)
	}
	if err := <-done; err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if n := rooms(r); n != 0 {
		t.Errorf("%d rooms are left", n)
	}
	resp, body := post(t, base, `{"nonce":"`+strings.Repeat("0", 32)+`"}`)
	if e, _ := wire.ParseRefusal(body); resp.StatusCode != http.StatusServiceUnavailable || e.Code != wire.RoomClosing {
		t.Errorf("a room after shutdown: %s: %s", resp.Status, body)
	}
	_, resp, err := websocket.DefaultDialer.Dial(webSocket(base), nil)
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a WebSocket after shutdown: %v", err)
	}
	if err := r.Shutdown(t.Context()); err != nil {
		t.Errorf("shutdown again: %v", err)
	}
}

func TestShutdownCutsOffWhoStays(t *testing.T) {
	r, base := start(t, unlimited())
	_, s, _ := pair(t, base)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Shutdown(ctx); err != context.Canceled {
		t.Errorf("shutdown: %v", err)
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(testTimeout))
	for {
		if _, _, err := s.conn.ReadMessage(); err != nil {
			if nerr, ok := err.(net.Error); ok && nerr.Timeout() {
				t.Error("the connection still stands")
			}
			return
		}
	}
}

// The log has neither secrets nor who met whom.
func TestLogIsDiscreet(t *testing.T) {
	var log bytes.Buffer
	config := unlimited()
	config.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r, base := start(t, config)
	reply := open(t, base, "987654321")
	s := dial(t, base, asSender(reply.Nameplate, reply.Ticket))
	s.wantWelcome(0)
	s.forward("payload")
	dial(t, base, asReceiver("123456789")).wantError(wire.RoomUnknown)
	resumer := dial(t, base, wire.RoomJoin{
		Role: wire.RoomResumer, Resume: resumeID, Peer: [16]byte(bytes.Repeat([]byte{0x9b}, 16)),
	})
	resumer.wantFrame(wire.RoomWelcome{}.Append(nil))
	if err := r.Shutdown(t.Context()); err != nil { // after it nothing is logged
		t.Fatal(err)
	}
	if log.Len() == 0 {
		t.Error("nothing was logged")
	}
	for _, secret := range []string{"987654321", "123456789", "127.0.0.1", reply.Ticket.String(), "a0010203", "payload", "5e5e", "9b9b"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, log.String())
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, config := range map[string]Config{
		"short TTL":         {UnclaimedTTL: time.Millisecond},
		"short resume TTL":  {ResumeTTL: time.Millisecond},
		"negative rooms":    {MaxRooms: -1},
		"message too large": {MaxMessage: wire.MaxRoomPayload + 1},
		"negative speed":    {BytesPerSecond: -1},
		"long STUN address": {STUNAddress: strings.Repeat("a", wire.MaxRoomSTUN+1)},
		"ten digits":        {NameplateDigits: 10},
	} {
		if _, err := New(config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
