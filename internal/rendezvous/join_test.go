package rendezvous

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

// accessLog is a reverse proxy before a relay, with a log as such proxies keep it.
type accessLog struct {
	address string
	mu      sync.Mutex
	lines   strings.Builder
}

// startAccessLog puts a proxy before a relay; change may change requests.
func startAccessLog(t *testing.T, change func(*http.Request)) *accessLog {
	t.Helper()
	_, inner := startRelay(t, relay.Config{})
	l := &accessLog{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: inner})
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		// The combined format, and the headers that Caddy adds to it.
		header := r.Header.Clone()
		for _, redacted := range []string{"Authorization", "Cookie"} {
			header.Del(redacted)
		}
		fmt.Fprintf(&l.lines, "%s %q %q %q %v\n", r.RemoteAddr, r.Method+" "+r.RequestURI, r.Referer(), r.UserAgent(), header)
		l.mu.Unlock()
		change(r)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	l.address = strings.TrimPrefix(server.URL, "http://")
	return l
}

func (l *accessLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

// Whoever reads the log of a proxy learns nothing that opens a room.
func TestAccessLogHasNoSecrets(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"a proxy": func(*http.Request) {},
		// The join comes as the first message then.
		"a proxy that removes credentials": func(r *http.Request) { r.Header.Del("Authorization") },
	} {
		t.Run(name, func(t *testing.T) {
			l := startAccessLog(t, change)
			c := client(t, l.address)
			s, err := c.Open(t.Context(), OpenRequest{Nonce: testNonce(), Nameplate: "987654321"})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			r, err := c.Join(t.Context(), "987654321")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			wantEvent(t, s, Joined)
			wantEvent(t, r, Joined)
			again, err := c.Rejoin(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			a := resume(t, l.address, nameA)
			defer a.Close()

			log := l.String()
			if n := strings.Count(log, `"GET /ws"`); n != 4 {
				t.Errorf("%d WebSockets at /ws, want 4:\n%s", n, log)
			}
			for what, secret := range map[string]string{
				"ticket": hex.EncodeToString(s.join.Ticket[:]), "resume room": hex.EncodeToString(resumeID[:]),
				"peer": hex.EncodeToString(nameA[:]), "nameplate": "987654321",
				"join of the sender":   strings.TrimPrefix(s.join.Authorization(), "Tallow "),
				"join of the receiver": strings.TrimPrefix(r.join.Authorization(), "Tallow "),
				"join of a resumer":    strings.TrimPrefix(a.join.Authorization(), "Tallow "),
			} {
				if strings.Contains(log, secret) {
					t.Errorf("the %s is in the log:\n%s", what, log)
				}
			}
		})
	}
}

// The upgrade carries the join, so joining costs no round trip beside it. Where
// the relay does not say that it has the join, the first message is the join.
func TestWhereTheJoinTravels(t *testing.T) {
	want := wire.RoomJoin{Role: wire.RoomReceiver, Nameplate: "7"}
	for _, heard := range []bool{true, false} {
		first := make(chan []byte, 1)
		upgrader := websocket.Upgrader{}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if got, found, err := wire.ParseRoomAuthorization(r.Header.Get("Authorization")); got != want || !found || err != nil {
				t.Errorf("the header has %+v, %t, %v", got, found, err)
			}
			if r.URL.RawQuery != "" || r.Header.Get("Sec-Websocket-Protocol") != "" || r.Header.Get("Sec-Websocket-Extensions") != "" {
				t.Errorf("query %q, header %v", r.URL.RawQuery, r.Header)
			}
			header := textproto.MIMEHeader{}
			if heard {
				header.Set(wire.RoomJoinHeader, wire.RoomJoinHeard)
			}
			conn, err := upgrader.Upgrade(w, r, http.Header(header))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if !heard {
				_, frame, _ := conn.ReadMessage()
				first <- frame
			}
			put(conn, wire.RoomWelcome{}.Append(nil))
			_, frame, _ := conn.ReadMessage()
			first <- frame
		}))
		r, err := client(t, server.URL).Join(t.Context(), "7")
		if err != nil {
			t.Fatal(err)
		}
		if !heard {
			if got := <-first; string(got) != string(want.Append(nil)) {
				t.Errorf("the first message is %x", got)
			}
		}
		send(t, r, "M1")
		if got := <-first; string(got) != "\x05M1" {
			t.Errorf("the next message is %x", got)
		}
		_ = r.Close()
		server.Close()
	}
}

// memoryDialer is a Dialer without sockets, as in a browser: it can neither set
// headers nor see those of the answer.
type memoryDialer struct{ conn *memoryConn }

func (d memoryDialer) Dial(context.Context, *url.URL, textproto.MIMEHeader) (Conn, textproto.MIMEHeader, error) {
	return d.conn, nil, nil
}

// memoryConn keeps what is written, and reads what was put there.
type memoryConn struct {
	written [][]byte
	toRead  [][]byte
	closed  bool
}

func (c *memoryConn) ReadMessage(buf []byte) (int, error) {
	if len(c.toRead) == 0 {
		return 0, ErrNotBinary
	}
	n := copy(buf, c.toRead[0])
	c.toRead = c.toRead[1:]
	return n, nil
}

func (c *memoryConn) WriteMessage(kind byte, body []byte) error {
	c.written = append(c.written, append([]byte{kind}, body...))
	return nil
}

func (c *memoryConn) Close() error { c.closed = true; return nil }
func (c *memoryConn) Abort()       {}

func TestDialerOfTheCaller(t *testing.T) {
	conn := &memoryConn{toRead: [][]byte{
		wire.RoomWelcome{Flags: wire.RoomPeerHere, Nonce: testNonce()}.Append(nil),
		{byte(wire.RoomForwardKind), 'M', '2'},
	}}
	e, err := ParseRelay("wss://relay.example")
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(e, Options{Dialer: memoryDialer{conn}}).Join(t.Context(), "7")
	if err != nil {
		t.Fatal(err)
	}
	wantEvent(t, r, Joined)
	send(t, r, "M1")
	wantMessage(t, r, "M2")
	_, _, err = read(t, r)
	errorAs[*ProtocolError](t, err)
	if err := r.Close(); err != nil || !conn.closed {
		t.Errorf("closed %t, %v", conn.closed, err)
	}
	want := []string{string(wire.RoomJoin{Role: wire.RoomReceiver, Nameplate: "7"}.Append(nil)), "\x05M1"}
	if len(conn.written) != 2 || string(conn.written[0]) != want[0] || string(conn.written[1]) != want[1] {
		t.Errorf("written %q, want %q", conn.written, want)
	}
}
