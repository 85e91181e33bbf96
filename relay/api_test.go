package relay

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// request makes one HTTP request.
func request(t *testing.T, method, url string, body io.Reader, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, b
}

// word is the "error" of a refusal.
func word(t *testing.T, body []byte) string {
	t.Helper()
	var v struct{ Error, Message string }
	if err := json.Unmarshal(body, &v); err != nil || v.Message == "" {
		t.Fatalf("refusal %s: %v", body, err)
	}
	return v.Error
}

func TestSession(t *testing.T) {
	_, base := start(t, unlimited())
	nonce := `"nonce":"` + strings.Repeat("ab", 16) + `"`
	for _, tc := range []struct {
		name, body string
		status     int
		word       string
	}{
		{"its own number", `{` + nonce + `,"nameplate":"4711"}`, 201, ""},
		{"the same number", `{` + nonce + `,"nameplate":"4711"}`, 409, "taken"},
		{"any number", `{` + nonce + `}`, 201, ""},
		{"an unknown field", `{` + nonce + `,"later":true}`, 201, ""},
		{"no nonce", `{}`, 400, "malformed"},
		{"a short nonce", `{"nonce":"abcd"}`, 400, "malformed"},
		{"no number", `{` + nonce + `,"nameplate":"7a"}`, 400, "malformed"},
		{"not JSON", `hello`, 400, "malformed"},
		{"nothing", ``, 400, "malformed"},
		{"too much", `{` + nonce + `,"x":"` + strings.Repeat("x", wire.MaxRoomBody) + `"}`, 413, "too-large"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			resp, body := post(t, base, tc.body)
			if resp.StatusCode != tc.status {
				t.Fatalf("status %d, want %d: %s", resp.StatusCode, tc.status, body)
			}
			if got := resp.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("content type %q", got)
			}
			if tc.word != "" {
				if got := word(t, body); got != tc.word {
					t.Errorf("error %q, want %q", got, tc.word)
				}
				return
			}
			if _, err := wire.ParseOpenReply(body); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSessionWhenFull(t *testing.T) {
	config := unlimited()
	config.MaxRooms = 2
	_, base := start(t, config)
	open(t, base, "")
	open(t, base, "")
	resp, body := post(t, base, string(wire.OpenRequest{}.Append(nil)))
	if resp.StatusCode != http.StatusServiceUnavailable || word(t, body) != "full" {
		t.Errorf("%s: %s", resp.Status, body)
	}
}

func TestHealthAndReady(t *testing.T) {
	config := unlimited()
	config.Version = "v1.2.3"
	config.MaxRooms = 2
	var broken atomic.Bool
	var log strings.Builder
	config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	config.Checks = []Check{{Name: "certificate", Run: func() error {
		if broken.Load() {
			return errors.New("it has expired")
		}
		return nil
	}}}
	r, base := start(t, config)
	want := func(path string, status int, fields ...string) {
		t.Helper()
		resp, body := request(t, http.MethodGet, base+path, nil)
		if resp.StatusCode != status {
			t.Errorf("%s: %s", path, resp.Status)
		}
		for _, field := range fields {
			if !strings.Contains(string(body), field) {
				t.Errorf("%s has no %s: %s", path, field, body)
			}
		}
	}
	open(t, base, "")
	common := `{"service":"tallow-relay","status":"ok","version":"v1.2.3","protocol":2,"rooms":1,"max_rooms":2,"uptime":`
	want("/api/health", 200, common)
	want("/api/ready", 200, common, `"checks":{"certificate":"ok","rooms":"ok"}`)
	for range 3 {
		broken.Store(true)
		want("/api/health", 200, `"status":"ok"`)
		want("/api/ready", 503, `"status":"failed"`, `"checks":{"certificate":"failed","rooms":"ok"}`)
		want("/api/ready", 503)
		broken.Store(false)
		want("/api/ready", 200, `"status":"ok"`)
	}
	if lines := log.String(); strings.Count(lines, "it has expired") != 3 || strings.Count(lines, "ready again") != 3 {
		t.Errorf("log:\n%s", lines)
	}
	open(t, base, "")
	want("/api/health", 200, `"status":"ok"`, `"rooms":2`)
	want("/api/ready", 503, `"status":"full"`, `"checks":{"certificate":"ok","rooms":"full"}`)
	if err := r.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("/api/health", 200, `"status":"ok"`)
	want("/api/ready", 503, `"status":"closing"`)
}

func TestRoutesAndMethods(t *testing.T) {
	_, base := start(t, unlimited())
	for _, tc := range []struct {
		method, path string
		status       int
		allow, word  string
	}{
		{"GET", "/nowhere", 404, "", "not-found"},
		{"GET", "/api/nowhere", 404, "", "not-found"},
		{"POST", "/", 405, "GET, HEAD", "method"},
		{"GET", "/api/session", 405, "POST", "method"},
		{"POST", "/api/health", 405, "GET, HEAD", "method"},
		{"DELETE", "/api/ready", 405, "GET, HEAD", "method"},
		{"POST", "/ws", 405, "GET, HEAD", "method"},
		{"GET", "/ws", 426, "", "upgrade"},
		{"HEAD", "/", 200, "", ""},
		{"HEAD", "/api/health", 200, "", ""},
	} {
		resp, body := request(t, tc.method, base+tc.path, nil)
		if resp.StatusCode != tc.status || resp.Header.Get("Allow") != tc.allow {
			t.Errorf("%s %s: %s, Allow %q", tc.method, tc.path, resp.Status, resp.Header.Get("Allow"))
		}
		if tc.word != "" && word(t, body) != tc.word {
			t.Errorf("%s %s: %s", tc.method, tc.path, body)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security": "", "Server": "", "X-Powered-By": "", // there is no TLS
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s %s: %s %q, want %q", tc.method, tc.path, name, got, want)
			}
		}
		if policy := resp.Header.Get("Permissions-Policy"); !strings.Contains(policy, "camera=()") {
			t.Errorf("%s %s: permissions %q", tc.method, tc.path, policy)
		}
		if policy := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; ") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s %s: policy %q", tc.method, tc.path, policy)
		}
	}
}

// A program that was built without the browser's client has a page that says so.
func TestBarePage(t *testing.T) {
	server := httptest.NewServer(newPages(nil, false, nil, clientPolicy("")))
	defer server.Close()
	if resp, _ := request(t, http.MethodGet, server.URL+"/room/", nil); resp.StatusCode != 404 {
		t.Errorf("/room/: %s", resp.Status)
	}
	resp, body := request(t, http.MethodGet, server.URL+"/", nil)
	page := string(body)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	for _, good := range []string{"go install github.com/tallow-transfer/tallow/cmd/tallow@latest", "scripts/build"} {
		if !strings.Contains(page, good) {
			t.Errorf("the page does not mention %q", good)
		}
	}
	for _, bad := range []string{"http://", "https://", "<script", "src=", "url(", "@import", "style=\"", "<link"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q in it", bad)
		}
	}
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, ok := strings.Cut(rest, "</style>")
	hash := sha256.Sum256([]byte(style))
	want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
	if policy := resp.Header.Get("Content-Security-Policy"); !ok || !strings.Contains(policy, want) {
		t.Errorf("policy %q does not allow the page's style", policy)
	}
}
