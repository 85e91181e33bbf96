//go:build !js

package rendezvous

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tallow-transfer/tallow/relay"
)

// withProxies leaves none of the variables that name a proxy but those given.
func withProxies(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"} {
		t.Setenv(name, variables[name])
		t.Setenv(strings.ToLower(name), variables[strings.ToLower(name)])
	}
}

// pass carries bytes both ways until either end is closed.
func pass(a, b net.Conn) {
	var wg sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		wg.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = a.Close()
			_ = b.Close()
		})
	}
	wg.Wait()
}

// startHTTPProxy serves newHTTPProxy and returns its URL.
func startHTTPProxy(t *testing.T, at string, carried *atomic.Int32) string {
	t.Helper()
	server := newHTTPProxy(t, at, carried)
	server.Start()
	return "http://me:secret@" + strings.TrimPrefix(server.URL, "http://")
}

// newHTTPProxy makes an HTTP proxy for which every name is the address at. It
// counts what it carries, and wants a password: me:secret.
func newHTTPProxy(t *testing.T, at string, carried *atomic.Int32) *httptest.Server {
	t.Helper()
	var tunnels sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "Basic bWU6c2VjcmV0" { // me:secret
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		carried.Add(1)
		if r.Method != http.MethodConnect {
			reverse := httputil.ReverseProxy{
				Rewrite:   func(p *httputil.ProxyRequest) { p.Out.URL.Host = at },
				Transport: &http.Transport{DisableKeepAlives: true},
			}
			reverse.ServeHTTP(w, r)
			return
		}
		there, err := net.Dial("tcp", at)
		if err != nil {
			t.Error(err)
			return
		}
		tunnels.Add(1) // before the server forgets the connection, and Close does not wait for it
		defer tunnels.Done()
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
			t.Error(err)
		}
		pass(here, there)
	}))
	t.Cleanup(func() {
		server.Close()
		tunnels.Wait()
	})
	return server
}

// startSOCKS serves a SOCKS5 proxy (RFC 1928) for which every name is the address
// at. It wants names: what they stand for is its own business.
func startSOCKS(t *testing.T, at string, carried *atomic.Int32) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				if err := answerSOCKS(conn); err != nil {
					t.Error(err)
					return
				}
				there, err := net.Dial("tcp", at)
				if err != nil {
					t.Error(err)
					return
				}
				carried.Add(1)
				pass(conn, there)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		wg.Wait()
	})
	return listener.Addr().String()
}

// answerSOCKS lets a client without a password connect to a name.
func answerSOCKS(conn net.Conn) error {
	head := make([]byte, 2)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, make([]byte, head[1])); err != nil {
		return err
	}
	if _, err := conn.Write([]byte{5, 0}); err != nil {
		return err
	}
	request := make([]byte, 5)
	if _, err := io.ReadFull(conn, request); err != nil {
		return err
	}
	if request[1] != 1 || request[3] != 3 {
		return errors.New("no request to connect to a name")
	}
	rest := make([]byte, int(request[4])+2)
	if _, err := io.ReadFull(conn, rest); err != nil {
		return err
	}
	if name := string(rest[:request[4]]); name != "relay.example" || binary.BigEndian.Uint16(rest[request[4]:]) == 0 {
		return errors.New("asked for " + name)
	}
	_, err := conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	return err
}

// A relay is reached through the proxy that the environment names, for HTTP and
// for the WebSocket.
func TestThroughProxies(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	var carried atomic.Int32
	web, socks := startHTTPProxy(t, address, &carried), startSOCKS(t, address, &carried)
	for name, variables := range map[string]map[string]string{
		"HTTP_PROXY":            {"HTTP_PROXY": web},
		"http_proxy":            {"http_proxy": web},
		"ALL_PROXY":             {"ALL_PROXY": web},
		"ALL_PROXY, socks5":     {"ALL_PROXY": "socks5://" + socks},
		"all_proxy, socks5h":    {"all_proxy": "socks5h://" + socks},
		"HTTP_PROXY, socks5":    {"HTTP_PROXY": "socks5://" + socks},
		"ALL_PROXY comes after": {"HTTP_PROXY": web, "ALL_PROXY": "socks5://127.0.0.1:1"},
		"another in NO_PROXY":   {"ALL_PROXY": web, "NO_PROXY": "other.example"},
	} {
		t.Run(name, func(t *testing.T) {
			withProxies(t, variables)
			carried.Store(0)
			s, r := pair(t, "ws://relay.example")
			send(t, s, "through a proxy")
			wantMessage(t, r, "through a proxy")
			if carried.Load() != 3 { // to open, and two WebSockets
				t.Errorf("%d connections went through the proxy, want 3", carried.Load())
			}
			_, _ = s.Close(), r.Close()
		})
	}
}

// A proxy may be reached by TLS itself.
func TestThroughATLSProxy(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	var carried atomic.Int32
	server := newHTTPProxy(t, address, &carried)
	server.StartTLS()
	withProxies(t, map[string]string{"ALL_PROXY": "https://me:secret@" + server.Listener.Addr().String()})
	c := client(t, "ws://relay.example")
	c.network.tls = server.Client().Transport.(*http.Transport).TLSClientConfig
	room, err := c.Open(t.Context(), OpenRequest{Nonce: testNonce()})
	if err != nil {
		t.Fatal(err)
	}
	_ = room.Close()
	if carried.Load() != 2 {
		t.Errorf("%d connections went through the proxy, want 2", carried.Load())
	}
}

// NO_PROXY, and this machine, go without.
func TestWithoutAProxy(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	withProxies(t, map[string]string{"ALL_PROXY": "http://127.0.0.1:1"})
	pair(t, address) // a loopback address
	withProxies(t, map[string]string{"ALL_PROXY": "http://127.0.0.1:1", "NO_PROXY": "relay.invalid"})
	c := client(t, "ws://relay.invalid")
	_, err := c.Join(t.Context(), "7")
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || unreachable.Proxy != "" {
		t.Errorf("with NO_PROXY: %v", err)
	}
}

// A proxy that is dead, or refuses, is named without its password.
func TestProxyIsNamed(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := closed.Addr().String()
	_ = closed.Close()
	var carried atomic.Int32
	refusing := strings.TrimPrefix(startHTTPProxy(t, "127.0.0.1:1", &carried), "http://me:secret@")
	for _, tt := range []struct{ relay, proxy, host string }{
		{"ws://relay.example", "http://me:secret@" + dead, dead},
		{"wss://relay.example", "http://me:secret@" + dead, dead},
		{"relay.example", "socks5://me:secret@" + dead, dead},
		{"wss://relay.example", "https://me:secret@" + dead, dead},
		{"wss://relay.example", "http://" + refusing, refusing},
	} {
		t.Run(tt.relay+" "+tt.proxy[:5], func(t *testing.T) {
			withProxies(t, map[string]string{"ALL_PROXY": tt.proxy})
			c := client(t, tt.relay)
			_, open := c.Open(t.Context(), OpenRequest{Nonce: testNonce()})
			_, join := c.Join(t.Context(), "7")
			for what, err := range map[string]error{"open": open, "join": join} {
				var unreachable *UnreachableError
				if !errors.As(err, &unreachable) || unreachable.Proxy != tt.host || strings.Contains(err.Error(), "secret") {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	// By plain HTTP a proxy answers in the relay's place.
	withProxies(t, map[string]string{"ALL_PROXY": "http://" + refusing})
	_, err = client(t, "ws://relay.example").Open(t.Context(), OpenRequest{Nonce: testNonce()})
	var protocol *ProtocolError
	if !errors.As(err, &protocol) || !strings.Contains(protocol.Reason, strconv.Itoa(http.StatusProxyAuthRequired)+", through the proxy "+refusing) {
		t.Errorf("%v", err)
	}
}
