//go:build !js

package rendezvous

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func TestOpenAndJoin(t *testing.T) {
	_, address := startRelay(t, relay.Config{STUNAddress: ":3478"})
	s, r := pair(t, address)
	for name, room := range map[string]*Room{"sender": s, "receiver": r} {
		if room.Nonce() != testNonce() || room.Nameplate() != s.Nameplate() || room.STUN() != "127.0.0.1:3478" {
			t.Errorf("%s: nonce %x, nameplate %s, STUN %s", name, room.Nonce(), room.Nameplate(), room.STUN())
		}
	}
}

func TestOpenWithANumberOfOnesOwn(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	c := client(t, address)
	s, err := c.Open(t.Context(), OpenRequest{Nameplate: "4711"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Nameplate() != "4711" {
		t.Errorf("nameplate %s", s.Nameplate())
	}
	_, err = c.Open(t.Context(), OpenRequest{Nameplate: "4711"})
	if e := wantRefusal(t, err, wire.RoomTaken); !e.Opening {
		t.Error("not marked as the refusal of a new room")
	}
}

func TestJoinRefused(t *testing.T) {
	_, address := startRelay(t, relay.Config{MaxRooms: 2})
	c := client(t, address)
	_, err := c.Join(t.Context(), "999")
	wantRefusal(t, err, wire.RoomUnknown)
	for _, nameplate := range []string{"", "0", "007", "seven", "1\x1b[m"} {
		if _, err := c.Join(t.Context(), nameplate); err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("nameplate %q: %v", nameplate, err)
		}
	}
	s, r := pair(t, address)
	_, err = c.Join(t.Context(), s.Nameplate())
	wantRefusal(t, err, wire.RoomFull)

	if err := s.Burn(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(t, s, "the burn is before this")
	wantMessage(t, r, "the burn is before this")
	_, err = c.Join(t.Context(), s.Nameplate())
	wantRefusal(t, err, wire.RoomUsed)

	other, err := c.Open(t.Context(), OpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = c.Open(t.Context(), OpenRequest{})
	if e := wantRefusal(t, err, wire.RoomFull); !e.Opening {
		t.Errorf("a full relay: %v", e)
	}
}

func TestTooManySessions(t *testing.T) {
	_, address := startRelay(t, relay.Config{RoomsPerMinute: 3})
	c := client(t, address)
	r, err := c.Open(t.Context(), OpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = c.Open(t.Context(), OpenRequest{})
	if e := wantRefusal(t, err, wire.RoomRate); e.RetryAfter < time.Second || e.RetryAfter > 20*time.Second {
		t.Errorf("retry after %v", e.RetryAfter)
	}
}

func TestRelayThatShutsDown(t *testing.T) {
	r, address := startRelay(t, relay.Config{})
	s, _ := pair(t, address)
	done := make(chan error, 1)
	go func() { done <- r.Shutdown(t.Context()) }()
	_, _, err := read(t, s)
	wantRefusal(t, err, wire.RoomClosing)
	if err := s.Send(t.Context(), nil); !errors.As(err, new(*RelayError)) {
		t.Errorf("send afterwards: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	_, err = client(t, address).Open(t.Context(), OpenRequest{})
	wantRefusal(t, err, wire.RoomClosing)
	_, err = client(t, address).Join(t.Context(), "7")
	wantRefusal(t, err, wire.RoomClosing)
}

func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	address := listener.Addr().String()
	for _, relayAddress := range []string{address, "ws://" + address, "wss://" + address} {
		c := client(t, relayAddress)
		for name, call := range map[string]func() (*Room, error){
			"open": func() (*Room, error) { return c.Open(t.Context(), OpenRequest{}) },
			"join": func() (*Room, error) { return c.Join(t.Context(), "7") },
		} {
			_, err := call()
			e := errorAs[*UnreachableError](t, err)
			if !strings.Contains(e.Error(), relayAddress) || !strings.Contains(e.Error(), "refused") {
				t.Errorf("%s: %v", name, e)
			}
		}
	}
}

func TestNotARelay(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"not found":       http.NotFound,
		"a page":          func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"too much":        func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) },
		"another service": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"service":"x"}`)) },
		"a made-up refusal": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte(`{"error":"teapot","message":"\u001b[2J"}`))
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/\u202e", http.StatusMovedPermanently)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			for _, address := range []string{server.URL, strings.TrimPrefix(server.URL, "http://")} {
				c := client(t, address)
				_, err := c.Open(t.Context(), OpenRequest{})
				e := errorAs[*ProtocolError](t, err)
				if name == "a redirect" && !strings.Contains(e.Error(), "elsewhere.example") {
					t.Errorf("the redirect is not named: %v", e)
				}
				_, err = c.Join(t.Context(), "7")
				errorAs[*ProtocolError](t, err)
			}
		})
	}
}

func TestOpenRefusesAnotherRoom(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(wire.OpenReply{Nameplate: "8"}.Append(nil))
	}))
	defer server.Close()
	_, err := client(t, server.URL).Open(t.Context(), OpenRequest{Nameplate: "7"})
	errorAs[*ProtocolError](t, err)
}

// startTLS serves a relay under a path, by TLS, behind a reverse proxy.
func startTLS(t *testing.T) (server *httptest.Server, roots *tls.Config) {
	t.Helper()
	_, inner := startRelay(t, relay.Config{})
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: inner})
	transport := &http.Transport{DisableKeepAlives: true}
	proxy.Transport = transport
	server = httptest.NewUnstartedServer(http.StripPrefix("/some/path", proxy))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of refused handshakes
	server.StartTLS()
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server, &tls.Config{RootCAs: pool}
}

func TestTLSAndPath(t *testing.T) {
	server, roots := startTLS(t)
	address := "wss" + strings.TrimPrefix(server.URL, "https") + "/some/path/"
	c := client(t, address)
	c.network.tls = roots
	s, err := c.Open(t.Context(), OpenRequest{Nonce: testNonce()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := c.Join(t.Context(), s.Nameplate())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	wantEvent(t, r, Joined)
	wantEvent(t, s, Joined)
	send(t, r, "through TLS and a proxy")
	wantMessage(t, s, "through TLS and a proxy")
}

func TestTLSProblems(t *testing.T) {
	server, _ := startTLS(t)
	secure := "wss" + strings.TrimPrefix(server.URL, "https") + "/some/path"
	_, plain := startRelay(t, relay.Config{})
	for name, address := range map[string]string{
		"a certificate of nobody": secure,
		"no TLS there":            "wss://" + plain,
	} {
		c := client(t, address)
		_, err := c.Open(t.Context(), OpenRequest{})
		errorAs[*TLSError](t, err)
		_, err = c.Join(t.Context(), "7")
		e := errorAs[*TLSError](t, err)
		if e.Plain() != (name == "no TLS there") {
			t.Errorf("%s: does it speak no TLS at all? %v", name, e.Plain())
		}
	}
}

// A private address without a scheme finds a relay that speaks TLS, too.
func TestPrivateAddressFallsBackToTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	r, err := relay.New(relay.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	server.Config.Handler = r
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	c := client(t, strings.TrimPrefix(server.URL, "https://"))
	c.network.tls = &tls.Config{RootCAs: x509.NewCertPool()}
	c.network.tls.RootCAs.AddCert(server.Certificate())
	room, err := c.Open(t.Context(), OpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_ = room.Close()
}

// resolver answers each name with fixed addresses.
func resolver(t *testing.T, names map[string][4]byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil {
				continue
			}
			m.Response, m.Additionals = true, nil
			name := m.Questions[0].Name
			if a, ok := names[name.String()]; ok && m.Questions[0].Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: a},
				}}
			} else if !ok {
				m.RCode = dnsmessage.RCodeNameError
			}
			b, err := m.Pack()
			if err == nil {
				_, _ = conn.WriteTo(b, from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// A plain relay is found under a host name only if the name is private.
func TestNamesAndPlainRelays(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	_, port, _ := net.SplitHostPort(address)
	names := resolver(t, map[string][4]byte{
		"nas.example.":    {127, 0, 0, 1},
		"public.example.": {203, 0, 113, 9},
	})
	open := func(host string) error {
		c := client(t, host+":"+port)
		c.network.dialer.Resolver = names
		room, err := c.Open(t.Context(), OpenRequest{})
		if err == nil {
			_ = room.Close()
		}
		return err
	}
	if err := open("nas.example"); err != nil {
		t.Errorf("a private name: %v", err)
	}
	err := open("nowhere.example")
	if e := errorAs[*UnreachableError](t, err); !e.UnknownHost() || !strings.Contains(e.Error(), "no host named nowhere.example") {
		t.Errorf("no such name: %v", e)
	}
	c := client(t, "public.example:"+port)
	c.network.dialer.Resolver = names
	if c.network.resolvesLocally(t.Context(), "public.example") {
		t.Error("a public name counts as private")
	}
	if c.network.resolvesLocally(t.Context(), "nowhere.example") {
		t.Error("a name that does not exist counts as private")
	}
}

func TestProxyOfTheEnvironment(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	var tunnels atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tunnels.Add(1)
		if r.Method == http.MethodConnect {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		reverse := httputil.ReverseProxy{
			Rewrite:   func(p *httputil.ProxyRequest) { p.Out.URL.Host = address },
			Transport: &http.Transport{DisableKeepAlives: true},
		}
		reverse.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, "ws://relay.example")
	c.network.proxy = http.ProxyURL(through)
	if err := c.probe(t.Context(), c.endpoint.routes[0].url); err != nil || tunnels.Load() != 1 {
		t.Errorf("through the proxy %d times, %v", tunnels.Load(), err)
	}
	if _, err := c.Join(t.Context(), "7"); err == nil || tunnels.Load() != 2 {
		t.Errorf("the WebSocket went through the proxy %d times, %v", tunnels.Load()-1, err)
	}
	if New(c.endpoint, Options{}).network.proxy == nil {
		t.Error("a client does not look at the environment")
	}
	if New(Endpoint{direct: true}, Options{}).network.proxy != nil {
		t.Error("a relay found nearby is sought through a proxy")
	}
}

func TestUserAgent(t *testing.T) {
	agents := make(chan string, 3)
	_, inner := startRelay(t, relay.Config{})
	reverse := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: inner})
	reverse.Transport = &http.Transport{DisableKeepAlives: true}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents <- r.UserAgent()
		reverse.ServeHTTP(w, r)
	}))
	defer server.Close()
	room, err := client(t, server.URL).Open(t.Context(), OpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_ = room.Close()
	close(agents)
	n := 0
	for agent := range agents {
		if n++; agent != "tallow/test" {
			t.Errorf("agent %q", agent)
		}
	}
	if n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// mute accepts connections and says nothing.
func mute(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}

func TestContextEndsAnyStep(t *testing.T) {
	address := mute(t)
	why := errors.New("enough")
	for name, call := range map[string]func(context.Context) error{
		"probe": func(ctx context.Context) error {
			_, err := client(t, address).Open(ctx, OpenRequest{})
			return err
		},
		"session": func(ctx context.Context) error {
			_, err := client(t, "ws://"+address).Open(ctx, OpenRequest{})
			return err
		},
		"upgrade": func(ctx context.Context) error {
			_, err := client(t, "ws://"+address).Join(ctx, "7")
			return err
		},
		"TLS": func(ctx context.Context) error {
			_, err := client(t, "wss://"+address).Join(ctx, "7")
			return err
		},
		"race": func(ctx context.Context) error {
			e, err := ParseRelay(address)
			if err != nil {
				t.Fatal(err)
			}
			_, err = First(ctx, []Endpoint{e, e}, Options{Version: "test"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			timer := time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
			defer timer.Stop()
			begin := time.Now()
			if err := call(ctx); !errors.Is(err, why) {
				t.Errorf("error %v", err)
			}
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestFirst(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	notRelay := httptest.NewServer(http.NotFoundHandler())
	defer notRelay.Close()
	var endpoints []Endpoint
	for _, s := range []string{"ws://" + mute(t), notRelay.URL, address, "ws://127.0.0.1:1"} {
		e, err := ParseRelay(s)
		if err != nil {
			t.Fatal(err)
		}
		endpoints = append(endpoints, e)
	}
	winner, err := First(t.Context(), endpoints, Options{Version: "test"})
	if err != nil || winner.String() != address || ways(winner) != "http://"+address {
		t.Fatalf("winner %s (%s), %v", winner, ways(winner), err)
	}
	// The race joined no room.
	s, err := New(winner, Options{Version: "test"}).Open(t.Context(), OpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()

	_, err = First(t.Context(), endpoints[1:2], Options{Version: "test"})
	errorAs[*ProtocolError](t, err)
	if _, err := First(t.Context(), nil, Options{Version: "test"}); err == nil {
		t.Error("nobody won")
	}
	if _, err := First(t.Context(), []Endpoint{{}}, Options{Version: "test"}); err == nil {
		t.Error("no address won")
	}
	if _, err := New(Endpoint{}, Options{Version: "test"}).Join(t.Context(), "7"); err == nil {
		t.Error("joined at no address")
	}
}
