package errorreport

import (
	"bytes"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector is a Sentry that writes down everything that it gets.
type collector struct {
	mu       sync.Mutex
	received bytes.Buffer
	requests int
}

func (c *collector) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	c.received.WriteString(req.Method + " " + req.URL.String() + "\n")
	_ = req.Header.Write(&c.received)
	_, _ = io.Copy(&c.received, req.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{}`)
}

func (c *collector) all() (string, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.received.String(), c.requests
}

// start makes a logger whose errors go to a collector, after which finish returns what
// came.
func start(t *testing.T) (logger *slog.Logger, written *bytes.Buffer, finish func() (string, int)) {
	t.Helper()
	c := &collector{}
	server := httptest.NewServer(c)
	r, err := New(strings.Replace(server.URL, "http://", "http://key@", 1)+"/1", "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	written = &bytes.Buffer{}
	logger = slog.New(r.Handler(slog.NewTextHandler(written, &slog.HandlerOptions{Level: slog.LevelDebug})))
	return logger, written, func() (string, int) {
		r.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		server.Close()
		return c.all()
	}
}

func TestErrorsAreReported(t *testing.T) {
	logger, written, finish := start(t)
	logger.Debug("debugging")
	logger.Info("a request")
	logger.Warn("refused", "reason", "rate")
	logger.With("check", "certificate").Error("not ready", "error", errors.New("the certificate has expired"))
	got, n := finish()
	if n != 1 {
		t.Errorf("%d requests, want 1: %s", n, got)
	}
	for _, want := range []string{`"message":"not ready"`, `"check":"certificate"`, `"error":"the certificate has expired"`, `tallow@v1.2.3`, `"level":"error"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if lines := strings.Count(written.String(), "\n"); lines != 4 {
		t.Errorf("the log has %d lines: %s", lines, written)
	}
}

// Whatever gets into an error, nothing secret and nobody's address leaves the machine.
func TestNothingSecretIsReported(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SENTRY_ENVIRONMENT", "surroundings")
	t.Setenv("SENTRY_RELEASE", "released")
	secrets := []string{
		"7-acid-acorn-acre", "4711-äpfel-birne-kirsche-dattel", "192.0.2.77", "2001:db8::1", "fe80::1%eth0",
		"0123456789abcdef0123456789abcdef", "c2VjcmV0IHRpY2tldCBvZiBhIHJvb20=", "wss://relay.example/ws?ticket=1", "redis://:hunter2@10.0.0.1:6379",
		"/home/anna/letter.pdf", `C:\Users\anna\letter.pdf`, "relay.example", "anna@example.org", `"letter to anna.pdf"`, "192.0.2.77:4711", "[2001:db8::1]:4711",
	}
	logger, _, finish := start(t)
	for _, s := range secrets {
		logger.Error("failed for "+s+" today", "error", errors.New("cannot serve "+s+": it is broken"), "peer", s, "code", s)
		logger.With("addr", s).WithGroup("room").Error("it failed", "nameplate", s)
	}
	panics := log.New(writer{logger}, "", 0)
	panics.Printf("http: panic serving 192.0.2.77:4711: 7-acid-acorn-acre is wrong\ngoroutine 12 [running]:\nmain.f(0xc000123456, {0x7, 0x2})\n\t%s/secret.go:12 +0x1f\n", folder)
	got, n := finish()
	if n == 0 || n > burst {
		t.Errorf("%d requests", n)
	}
	for _, s := range append(secrets, "acid", "äpfel", "anna", "letter", "hunter2", "db8", "192.0.2", "surroundings", "released", "secret.go", "0xc000123456", host, folder) {
		if strings.Contains(got, s) {
			t.Errorf("%q was reported in\n%s", s, got)
		}
	}
}

type writer struct{ logger *slog.Logger }

func (w writer) Write(p []byte) (int, error) {
	w.logger.Error(string(p))
	return len(p), nil
}

func TestScrub(t *testing.T) {
	s := newScrubber()
	for text, want := range map[string]string{
		"cannot serve 7-acid-acorn-acre: broken":                "cannot serve <code>: broken",
		"dial tcp 192.0.2.1:443: connection refused":            "dial tcp <address>: connection refused",
		"dial tcp [2001:db8::1]:443: connection refused":        "dial tcp <address>: connection refused",
		"open /etc/ssl/key.pem: permission denied":              "open <path>: permission denied",
		"relay.example: no such host":                           "<name>: no such host",
		`Get "https://acme.example/dir?x=1": EOF`:               `Get "…": EOF`,
		"a ticket of 0123456789abcdef0123456789abcdef is wrong": "a ticket of <secret> is wrong",
		"runtime error: index out of range [5] with length 3":   "runtime error: index out of range [5] with length 3",
	} {
		if got := s.scrub(text); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestPanics(t *testing.T) {
	first, stack := splitPanic("http: panic serving a client: runtime error: index out of range [5] with length 3\ngoroutine 7 [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/lib/go/server.go:1 +0x1\ngithub.com/tallow-transfer/tallow/relay.(*Relay).serveOpen(0xc0001, {0x1, 0x2}, 0x3)\n\t/src/relay/api.go:20 +0x2\n")
	if first != "http: panic: runtime error: index out of range [5] with length 3" {
		t.Errorf("first: %q", first)
	}
	if stack != "net/http.(*conn).serve.func1\ngithub.com/tallow-transfer/tallow/relay.(*Relay).serveOpen" {
		t.Errorf("stack: %q", stack)
	}
}

func TestBadDSN(t *testing.T) {
	for _, dsn := range []string{"nonsense", "https://sentry.example/1"} {
		if _, err := New(dsn, "v1"); err == nil {
			t.Errorf("%q was accepted", dsn)
		}
	}
}
