package rendezvous

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testTimeout = 10 * time.Second

func testNonce() [16]byte { return [16]byte{0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} }

// startRelay serves the real relay and gives it, and its address.
func startRelay(t *testing.T, config relay.Config) (*relay.Relay, string) {
	t.Helper()
	if config.RoomsPerMinute == 0 {
		config.RoomsPerMinute = -1
	}
	if config.JoinsPerMinute == 0 {
		config.JoinsPerMinute = -1
	}
	if config.ResumesPerMinute == 0 {
		config.ResumesPerMinute = -1
	}
	r, err := relay.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		_ = r.Close()
		server.Close()
	})
	return r, strings.TrimPrefix(server.URL, "http://")
}

func client(t *testing.T, address string) *Client {
	t.Helper()
	e, err := ParseRelay(address)
	if err != nil {
		t.Fatal(err)
	}
	return New(e, Options{Version: "test"})
}

// pair opens a room and joins it.
func pair(t *testing.T, address string) (s, r *Room) {
	t.Helper()
	c := client(t, address)
	s, err := c.Open(t.Context(), OpenRequest{Nonce: testNonce()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r, err = c.Join(t.Context(), s.Nameplate())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	wantEvent(t, s, Joined)
	wantEvent(t, r, Joined)
	return s, r
}

// read reads an event, but not for ever.
func read(t *testing.T, r *Room) (Event, string, error) {
	t.Helper()
	guard := time.AfterFunc(testTimeout, func() { _ = r.Close() })
	defer guard.Stop()
	event, payload, err := r.Read(make([]byte, ReadSize))
	return event, string(payload), err
}

func wantEvent(t *testing.T, r *Room, want Event) {
	t.Helper()
	if got, payload, err := read(t, r); got != want || err != nil {
		t.Fatalf("event %v %q, %v; want %v", got, payload, err, want)
	}
}

func wantMessage(t *testing.T, r *Room, want string) {
	t.Helper()
	if got, payload, err := read(t, r); got != Message || payload != want || err != nil {
		t.Fatalf("event %v %.60q, %v; want the message %.60q", got, payload, err, want)
	}
}

func send(t *testing.T, r *Room, payload string) {
	t.Helper()
	if err := r.Send(t.Context(), []byte(payload)); err != nil {
		t.Fatal(err)
	}
}

// errorAs wants an error of a type.
func errorAs[E error](t *testing.T, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("error %T %v, want %T", err, err, e)
	}
	if text := err.Error(); strings.ContainsAny(text, "\x1b\n\r\x00") {
		t.Errorf("control characters in %q", text)
	}
	return e
}

func wantRefusal(t *testing.T, err error, want wire.RoomErrorCode) *RelayError {
	t.Helper()
	e := errorAs[*RelayError](t, err)
	if e.Code != want {
		t.Fatalf("refused with %v, want %v", e.Code, want)
	}
	return e
}

// scripted is a relay that does what a test says with each WebSocket, after it
// opened any room it was asked for.
func scripted(t *testing.T, script func(ctx context.Context, conn *websocket.Conn)) string {
	t.Helper()
	upgrader := websocket.Upgrader{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(wire.RelayHealth{Service: wire.RelayService, Status: "ok"}.Append(nil))
	})
	mux.HandleFunc("POST /api/session", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(wire.OpenReply{Nameplate: "7", Expires: time.Hour}.Append(nil))
	})
	mux.HandleFunc("GET /ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		script(r.Context(), conn)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// put writes a binary message for a script.
func put(conn *websocket.Conn, frame []byte) { _ = conn.WriteMessage(websocket.BinaryMessage, frame) }

// untilGone reads until the client hangs up.
func untilGone(conn *websocket.Conn) {
	for {
		if _, _, err := conn.NextReader(); err != nil {
			return
		}
	}
}
