package relay

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/certificate"
	"github.com/tallow-transfer/tallow/internal/certificate/certificatetest"
)

// fixed is a certificate that does not change.
type fixed struct{ certificatetest.Pair }

func (f fixed) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &f.TLS, nil }
func (fixed) Protocols() []string                                             { return nil }
func (fixed) Maintain(context.Context)                                        {}
func (f fixed) Expires() time.Time                                            { return f.TLS.Leaf.NotAfter }
func (fixed) Check() error                                                    { return nil }

// startTLS serves a relay by HTTPS and gives its address, and how to connect.
func startTLS(t *testing.T, old bool) (addr string, client *tls.Config) {
	t.Helper()
	pair := certificatetest.New(t, "127.0.0.1")
	config := unlimited()
	config.TLS = certificate.ServerConfig(fixed{pair}, old)
	listener, err := ListenTCP(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, nil, config) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String(), &tls.Config{RootCAs: pair.Roots}
}

// The handshake of every client that knows the key exchange of today withstands a
// later quantum computer.
func TestTLSIsPostQuantum(t *testing.T) {
	addr, config := startTLS(t, false)
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if s := conn.ConnectionState(); s.Version != tls.VersionTLS13 || s.CurveID != tls.X25519MLKEM768 {
		t.Errorf("TLS version %x, %v", s.Version, s.CurveID)
	}
}

func TestTLSVersions(t *testing.T) {
	for _, old := range []bool{false, true} {
		addr, config := startTLS(t, old)
		for _, version := range []uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS11} {
			c := config.Clone()
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, version
			conn, err := tls.Dial("tcp", addr, c)
			allowed := version == tls.VersionTLS13 || version == tls.VersionTLS12 && old
			if (err == nil) != allowed {
				t.Errorf("1.2 is allowed: %v, version %x: %v", old, version, err)
			}
			if err == nil {
				_ = conn.Close()
			}
		}
	}
}

// Pages come by HTTP/2, WebSockets by HTTP/1.1, at one port.
func TestHTTPVersions(t *testing.T) {
	addr, config := startTLS(t, false)
	get := func(transport *http.Transport, path string) *http.Response {
		t.Helper()
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
	for _, force := range []bool{true, false} {
		resp := get(&http.Transport{TLSClientConfig: config.Clone(), ForceAttemptHTTP2: force}, "/")
		if want := map[bool]int{true: 2, false: 1}[force]; resp.StatusCode != 200 || resp.ProtoMajor != want {
			t.Errorf("%s by %s", resp.Status, resp.Proto)
		}
		if hsts := resp.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(hsts, "max-age=") {
			t.Errorf("Strict-Transport-Security: %q", hsts)
		}
		if server := resp.Header.Get("Server"); server != "" {
			t.Errorf("Server: %q", server)
		}
	}
	if resp := get(&http.Transport{TLSClientConfig: config.Clone(), ForceAttemptHTTP2: true}, "/ws"); resp.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("/ws by %s: %s", resp.Proto, resp.Status)
	}
	// Browsers offer http/1.1 alone for a WebSocket, and others offer nothing.
	for _, offer := range [][]string{{"http/1.1"}, nil} {
		c := config.Clone()
		c.NextProtos = offer
		conn, _, err := (&websocket.Dialer{TLSClientConfig: c}).DialContext(t.Context(), "wss://"+addr+"/ws", nil)
		if err != nil {
			t.Errorf("%v: %v", offer, err)
			continue
		}
		_ = conn.Close()
	}
}
