package rendezvous

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func TestMessagesBothWays(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	s, r := pair(t, address)
	send(t, s, "hello")
	wantMessage(t, r, "hello")
	send(t, r, "")
	wantMessage(t, s, "")
	longest := strings.Repeat("x", MaxPayload)
	send(t, s, longest)
	wantMessage(t, r, longest)
	if err := s.Send(t.Context(), make([]byte, MaxPayload+1)); err == nil {
		t.Error("a payload over the limit was taken")
	}
	send(t, r, "and still there")
	wantMessage(t, s, "and still there")
}

func TestReadAliasesTheBuffer(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	s, r := pair(t, address)
	send(t, s, "one")
	send(t, s, "two")
	if _, _, err := r.Read(make([]byte, ReadSize-1)); err != io.ErrShortBuffer {
		t.Fatalf("a short buffer: %v", err)
	}
	buf := bytes.Repeat([]byte{'.'}, ReadSize)
	_, payload, err := r.Read(buf)
	if err != nil || string(payload) != "one" || &payload[0] != &buf[1] || cap(payload) != 3 {
		t.Errorf("%q, %v, capacity %d", payload, err, cap(payload))
	}
	wantMessage(t, r, "two")
}

func TestComingAndGoing(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	s, r := pair(t, address)
	send(t, r, "last words")
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wantMessage(t, s, "last words")
	wantEvent(t, s, Left)
	send(t, s, "to nobody")
	again, err := client(t, address).Join(t.Context(), s.Nameplate())
	if err != nil {
		t.Fatal(err)
	}
	wantEvent(t, s, Joined)
	wantEvent(t, again, Joined)
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestReceiverBeforeItsSender(t *testing.T) {
	// A room that was opened, but that its sender has not joined.
	_, address := startRelay(t, relay.Config{})
	c := client(t, address)
	reply, err := c.postOpen(t.Context(), c.endpoint.routes[0].url, wire.OpenRequest{Nonce: testNonce()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Join(t.Context(), reply.Nameplate)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := c.join(t.Context(), c.endpoint.routes[0].url, wire.RoomJoin{Role: wire.RoomSender, Nameplate: reply.Nameplate, Ticket: reply.Ticket})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantEvent(t, r, Joined)
	wantEvent(t, s, Joined)
	send(t, s, "now")
	wantMessage(t, r, "now") // and there was only one Joined
}

func TestWithdraw(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	s, r := pair(t, address)
	send(t, s, "last words")
	if err := s.Withdraw(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantMessage(t, r, "last words")
	wantEvent(t, r, Left)
	_, _, err := read(t, r)
	errorAs[*LostError](t, err)
	_, err = client(t, address).Join(t.Context(), s.Nameplate())
	wantRefusal(t, err, wire.RoomWithdrawn)
}

func TestRelayPutsThePeerOut(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	s, r := pair(t, address)
	// The receiver may not burn; the relay says so and hangs up.
	if err := r.Burn(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _, err := read(t, r)
	wantRefusal(t, err, wire.RoomMalformed)
	_, _, again := read(t, r)
	if again != err {
		t.Errorf("read once more: %v, want the same error", again)
	}
	wantEvent(t, s, Left)
}

func TestManySenders(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	s, r := pair(t, address)
	const senders, each = 8, 200
	var sending sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			payload := make([]byte, 3000)
			for j := range each {
				binary.BigEndian.PutUint32(payload, uint32(i))
				binary.BigEndian.PutUint32(payload[4:], uint32(j))
				if err := s.Send(t.Context(), payload); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var next [senders]uint32
	buf := make([]byte, ReadSize)
	for range senders * each {
		_, payload, err := r.Read(buf)
		if err != nil || len(payload) != 3000 {
			t.Fatalf("%d bytes, %v", len(payload), err)
		}
		i, j := binary.BigEndian.Uint32(payload), binary.BigEndian.Uint32(payload[4:])
		if j != next[i] {
			t.Fatalf("sender %d: number %d, want %d", i, j, next[i])
		}
		next[i]++
	}
	sending.Wait()
}

func TestCloseEndsEverything(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	s, _ := pair(t, address)
	results := make(chan error, 2)
	go func() {
		_, _, err := s.Read(make([]byte, ReadSize))
		results <- err
	}()
	var sent atomic.Int64
	go func() {
		for {
			if err := s.Send(t.Context(), make([]byte, MaxPayload)); err != nil {
				results <- err
				return
			}
			sent.Add(1)
		}
	}()
	// The peer does not read, so the sender gets stuck.
	waitStill(t, &sent)
	begin := time.Now()
	var closing sync.WaitGroup
	for range 3 {
		closing.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	closing.Wait()
	for range 2 {
		if err := <-results; !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
	if err := s.Send(t.Context(), nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("send after Close: %v", err)
	}
	if _, _, err := s.Read(make([]byte, ReadSize)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}
	if err := s.Withdraw(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("withdraw after Close: %v", err)
	}
}

// waitStill polls a counter until it has stopped moving.
func waitStill(t *testing.T, counter *atomic.Int64) {
	t.Helper()
	deadline := time.Now().Add(testTimeout)
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for still, last := 0, int64(-1); still < 30; {
		<-ticker.C
		if n := counter.Load(); n > 0 && n == last {
			still++
		} else {
			last, still = n, 0
		}
		if time.Now().After(deadline) {
			t.Fatal("never got stuck")
		}
	}
}

func TestContextOfSend(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	s, _ := pair(t, address)
	why := errors.New("enough")
	ended, end := context.WithCancelCause(t.Context())
	end(why)
	if err := s.Send(ended, []byte("x")); err != why {
		t.Errorf("an ended context: %v", err)
	}
	send(t, s, "no harm done")

	ctx, cancel := context.WithCancelCause(t.Context())
	var sent atomic.Int64
	stuck := make(chan error, 1)
	go func() {
		for {
			if err := s.Send(ctx, make([]byte, MaxPayload)); err != nil {
				stuck <- err
				return
			}
			sent.Add(1)
		}
	}()
	waitStill(t, &sent)
	// One that waits for its turn can give up, and harms nobody.
	waiting, giveUp := context.WithCancelCause(t.Context())
	turn := make(chan error, 1)
	go func() { turn <- s.Send(waiting, []byte("x")) }()
	giveUp(why)
	if err := <-turn; err != why {
		t.Errorf("one that waits: %v", err)
	}
	select {
	case err := <-stuck:
		t.Fatalf("the other ended too: %v", err)
	default:
	}
	// One that is in the middle of it takes the room along.
	cancel(why)
	if err := <-stuck; err != why {
		t.Errorf("one that is stuck: %v", err)
	}
	if err := s.Send(t.Context(), nil); err != why {
		t.Errorf("afterwards: %v", err)
	}
}

func TestSlowReaderSlowsTheSender(t *testing.T) {
	_, address := startRelay(t, relay.Config{IdleTimeout: time.Hour})
	s, r := pair(t, address)
	const messages = 1500
	var sent atomic.Int64
	var sending sync.WaitGroup
	sending.Go(func() {
		payload := make([]byte, MaxPayload)
		for i := range messages {
			binary.BigEndian.PutUint32(payload, uint32(i))
			if err := s.Send(t.Context(), payload); err != nil {
				t.Error(err)
				return
			}
			sent.Add(1)
		}
	})
	waitStill(t, &sent)
	if n := sent.Load(); n > messages/2 {
		t.Errorf("%d of %d messages were taken although nobody reads", n, messages)
	}
	buf := make([]byte, ReadSize)
	for i := range messages {
		_, payload, err := r.Read(buf)
		if err != nil || binary.BigEndian.Uint32(payload) != uint32(i) {
			t.Fatalf("message %d: %x, %v", i, payload[:min(4, len(payload))], err)
		}
	}
	sending.Wait()
}

// What a hostile relay may answer in place of a welcome, or after it.
func TestHostileRelay(t *testing.T) {
	welcome := wire.RoomWelcome{Nonce: testNonce(), STUN: ":1"}.Append(nil)
	oversize := append([]byte{byte(wire.RoomForwardKind)}, make([]byte, MaxPayload+1)...)
	newer := append([]byte(nil), welcome...)
	newer[1] = 9
	message := func(kind int, b []byte) func(*websocket.Conn) {
		return func(c *websocket.Conn) { _ = c.WriteMessage(kind, b) }
	}
	raw := func(b []byte) func(*websocket.Conn) {
		return func(c *websocket.Conn) { _, _ = c.NetConn().Write(b) }
	}
	fragments := func(c *websocket.Conn) {
		w, err := c.NextWriter(websocket.BinaryMessage)
		for err == nil { // without end
			_, err = w.Write(make([]byte, 1<<16))
		}
	}
	hangUp := func(c *websocket.Conn) { _ = c.Close() }
	const lost, protocol, refused = "lost", "protocol", "refused"
	for name, tc := range map[string]struct {
		say  func(*websocket.Conn)
		want string
	}{
		"text":                  {message(websocket.TextMessage, welcome), protocol},
		"an empty message":      {message(websocket.BinaryMessage, nil), protocol},
		"an unknown kind":       {message(websocket.BinaryMessage, []byte{0xee}), protocol},
		"a burn":                {message(websocket.BinaryMessage, []byte{byte(wire.RoomBurnKind)}), protocol},
		"half a welcome":        {message(websocket.BinaryMessage, welcome[:9]), protocol},
		"another version":       {message(websocket.BinaryMessage, newer), protocol},
		"too large a message":   {message(websocket.BinaryMessage, oversize), protocol},
		"a message without end": {fragments, protocol},
		"a frame of 2^63 bytes": {raw([]byte{0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), protocol},
		"junk":                  {raw([]byte("HTTP/1.1 500 no\r\n\r\n")), lost},
		"a masked frame":        {raw([]byte{0x82, 0x81, 0, 0, 0, 0, 2}), lost},
		"nothing":               {hangUp, lost},
		"a close frame":         {message(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "\x1b[2J")), lost},
		"half a refusal":        {message(websocket.BinaryMessage, []byte{byte(wire.RoomErrorKind), 1}), protocol},
		"a refusal of later":    {message(websocket.BinaryMessage, wire.RoomError{Code: 99, Message: "\x1b[2Jnew"}.Append(nil)), refused},
	} {
		check := func(t *testing.T, err error) {
			t.Helper()
			switch tc.want {
			case lost:
				errorAs[*LostError](t, err)
			case protocol:
				errorAs[*ProtocolError](t, err)
			case refused:
				if e := wantRefusal(t, err, 99); e.Message != "[2Jnew" || !strings.Contains(e.Error(), "new") {
					t.Errorf("message %q in %q", e.Message, e.Error())
				}
			}
		}
		t.Run("first "+name, func(t *testing.T) {
			address := scripted(t, func(_ context.Context, conn *websocket.Conn) {
				tc.say(conn)
				untilGone(conn)
			})
			_, err := client(t, address).Join(t.Context(), "7")
			check(t, err)
		})
		if name == "half a welcome" || name == "another version" {
			continue // nothing new later on
		}
		t.Run("then "+name, func(t *testing.T) {
			address := scripted(t, func(_ context.Context, conn *websocket.Conn) {
				put(conn, welcome)
				tc.say(conn)
				untilGone(conn)
			})
			r, err := client(t, address).Open(t.Context(), OpenRequest{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			_, _, err = read(t, r)
			check(t, err)
			if err := r.Send(t.Context(), []byte("x")); err == nil {
				t.Error("the room goes on")
			}
		})
	}
}

// A relay that hangs up while it is sent to has the last word.
func TestSendTellsWhyTheRelayHungUp(t *testing.T) {
	_, address := startRelay(t, relay.Config{MaxMessage: 100})
	s, r := pair(t, address)
	reading := make(chan error, 1)
	go func() {
		_, _, err := s.Read(make([]byte, ReadSize))
		reading <- err
	}()
	var err error
	for err == nil { // the first is too large; the relay takes a moment to say so
		err = s.Send(t.Context(), make([]byte, 60_000))
	}
	wantRefusal(t, err, wire.RoomTooLarge)
	wantRefusal(t, <-reading, wire.RoomTooLarge)
	wantEvent(t, r, Left)
}

func TestCloseUnderAHostileRelay(t *testing.T) {
	for name, after := range map[string]func(context.Context, *websocket.Conn){
		"that never hangs up": func(ctx context.Context, c *websocket.Conn) { <-ctx.Done() },
		"that never stops": func(_ context.Context, c *websocket.Conn) {
			for c.WriteMessage(websocket.BinaryMessage, make([]byte, 60_000)) == nil {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			stop, end := context.WithCancel(t.Context())
			address := scripted(t, func(_ context.Context, conn *websocket.Conn) {
				put(conn, wire.RoomWelcome{}.Append(nil))
				after(stop, conn)
			})
			r, err := client(t, address).Join(t.Context(), "7")
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("Close took %v", took)
			}
			end()
		})
	}
}

func TestErrorsUnwrap(t *testing.T) {
	inner := errors.New("inner")
	for _, e := range []error{&UnreachableError{Err: inner}, &TLSError{Err: inner}, &ProtocolError{Err: inner}, &LostError{Err: inner}} {
		if !errors.Is(fmt.Errorf("outer: %w", e), inner) {
			t.Errorf("%T does not unwrap", e)
		}
	}
}

// FuzzRelayFrames gives a room any frames: each is an event or a typed error.
func FuzzRelayFrames(f *testing.F) {
	f.Add(wire.RoomWelcome{Nonce: testNonce(), STUN: ":1"}.Append(nil))
	f.Add(wire.RoomError{Code: wire.RoomUsed, Message: "Used."}.Append(nil))
	f.Add([]byte{byte(wire.RoomJoinedKind)})
	f.Add([]byte{byte(wire.RoomForwardKind), 1, 2})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, frame []byte) {
		r := &Room{relay: "relay.example"}
		event, payload, err := r.interpret(frame)
		switch {
		case err == nil && event == Message:
			if !bytes.Equal(payload, frame[1:]) {
				t.Fatalf("payload %x of %x", payload, frame)
			}
		case err == nil:
			if len(frame) != 1 || payload != nil {
				t.Fatalf("event %v of %x", event, frame)
			}
		default:
			if !errors.As(err, new(*ProtocolError)) && !errors.As(err, new(*RelayError)) {
				t.Fatalf("error %T of %x", err, frame)
			}
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("control characters in %q", err)
			}
		}
		if w, err := wire.ParseRoomWelcome(frame); err == nil {
			if stun := stunAddress(w.STUN, &url.URL{Scheme: "https", Host: "relay.example"}); stun != "" {
				host, port, err := net.SplitHostPort(stun)
				if n, _ := strconv.Atoi(port); err != nil || host != "relay.example" || n != 443 && n < 1024 {
					t.Fatalf("STUN %q of %q", stun, w.STUN)
				}
			}
		}
	})
}

// BenchmarkRoom moves 64 KiB payloads through a real relay, all on this machine.
func BenchmarkRoom(b *testing.B) {
	r, err := relay.New(relay.Config{RoomsPerMinute: -1, JoinsPerMinute: -1})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(r)
	defer server.Close()
	defer r.Close()
	e, err := ParseRelay(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	c := New(e, Options{Version: "bench"})
	s, err := c.Open(b.Context(), OpenRequest{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	rcv, err := c.Join(b.Context(), s.Nameplate())
	if err != nil {
		b.Fatal(err)
	}
	defer rcv.Close()
	buf := make([]byte, ReadSize)
	if _, _, err := rcv.Read(buf); err != nil { // Joined
		b.Fatal(err)
	}
	if err := s.Burn(b.Context()); err != nil { // or the receiver would have to say something
		b.Fatal(err)
	}
	b.SetBytes(64 << 10)
	b.ReportAllocs()
	b.ResetTimer()
	var sending sync.WaitGroup
	sending.Go(func() {
		payload := make([]byte, 64<<10)
		for range b.N {
			if err := s.Send(b.Context(), payload); err != nil {
				b.Error(err)
				return
			}
		}
	})
	for range b.N {
		if _, _, err := rcv.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
	sending.Wait()
}
