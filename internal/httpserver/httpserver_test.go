package httpserver

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRedirect(t *testing.T) {
	for _, tc := range []struct {
		method, host, target, port string
		status                     int
		location                   string
	}{
		{"GET", "relay.example", "/", "443", 301, "https://relay.example/"},
		{"HEAD", "relay.example:80", "/a?b=c&d", "443", 301, "https://relay.example/a?b=c&d"},
		{"GET", "relay.example", "//evil.example/%2e%2e", "8443", 301, "https://relay.example:8443//evil.example/%2e%2e"},
		{"GET", "[2001:db8::1]:80", "/", "443", 301, "https://[2001:db8::1]/"},
		{"GET", "[2001:db8::1]", "/", "8443", 301, "https://[2001:db8::1]:8443/"},
		{"POST", "relay.example", "/api/session", "443", 308, "https://relay.example/api/session"},
		{"GET", "", "/", "443", 400, ""},
		{"GET", "a@evil.example", "/", "443", 400, ""},
		{"GET", "evil.example/x?", "/", "443", 400, ""},
	} {
		req := httptest.NewRequest(tc.method, tc.target, nil)
		req.Host = tc.host
		w := httptest.NewRecorder()
		Redirect(tc.port).ServeHTTP(w, req)
		if w.Code != tc.status || w.Header().Get("Location") != tc.location {
			t.Errorf("%s %q %s: %d, %q", tc.method, tc.host, tc.target, w.Code, w.Header().Get("Location"))
		}
	}
}

// Whatever a client says, it is sent to its own host by HTTPS, or nowhere.
func FuzzRedirect(f *testing.F) {
	f.Add("relay.example:80", "/a?b")
	f.Add("[::1]", "//evil.example")
	f.Add("relay.example", "*")
	f.Add("a@b\r\nX: y", "/\r\n")
	f.Fuzz(func(t *testing.T, host, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		req := &http.Request{Method: http.MethodGet, Host: host, URL: u, Header: http.Header{}}
		w := httptest.NewRecorder()
		Redirect("443").ServeHTTP(w, req)
		location := w.Header().Get("Location")
		if location == "" {
			return
		}
		to, err := url.Parse(location)
		if err != nil || to.Scheme != "https" || to.User != nil || strings.ContainsAny(location, "\r\n") || !strings.Contains(strings.ToLower(host), strings.ToLower(to.Hostname())) {
			t.Errorf("host %q, target %q: %q, %v", host, target, location, err)
		}
	})
}

// Connections that are open, idle or mute do not delay the end.
func TestServeEnds(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	go func() { served <- Serve(ctx, listener, handler, time.Minute, slog.New(slog.DiscardHandler)) }()
	mute, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestServeFails(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	if err := Serve(t.Context(), listener, http.NotFoundHandler(), time.Minute, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a closed listener was served")
	}
}

// No client's address is in the log, whatever went wrong, and a panic is an error.
func TestErrorLog(t *testing.T) {
	var log bytes.Buffer
	l := ErrorLog(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for _, addr := range []string{"192.0.2.1:4711", "[2001:db8::1]:4711", "[fe80::1%eth0]:4711"} {
		log.Reset()
		l.Printf("http: TLS handshake error from %s: EOF", addr)
		if line := log.String(); !strings.Contains(line, `level=DEBUG msg="http: TLS handshake error from a client: EOF"`) {
			t.Errorf("%s: %s", addr, line)
		}
		log.Reset()
		l.Printf("http: panic serving %s: oh no\ngoroutine 1 [running]:\n", addr)
		if line := log.String(); !strings.Contains(line, `level=ERROR msg="http: panic serving a client: oh no`) {
			t.Errorf("%s: %s", addr, line)
		}
	}
}
