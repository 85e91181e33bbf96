package relay

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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
	r, base := start(t, config)
	open(t, base, "")
	want := `{"service":"tallow-relay","status":"ok","version":"v1.2.3","protocol":2,"rooms":1,"max_rooms":10000}` + "\n"
	for _, path := range []string{"/api/health", "/api/ready"} {
		if resp, body := request(t, http.MethodGet, base+path, nil); resp.StatusCode != 200 || string(body) != want {
			t.Errorf("%s: %s: %s", path, resp.Status, body)
		}
	}
	if err := r.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if resp, _ := request(t, http.MethodGet, base+"/api/health", nil); resp.StatusCode != 200 {
		t.Errorf("health while shutting down: %s", resp.Status)
	}
	resp, body := request(t, http.MethodGet, base+"/api/ready", nil)
	if resp.StatusCode != 503 || !strings.Contains(string(body), `"status":"closing"`) {
		t.Errorf("ready while shutting down: %s: %s", resp.Status, body)
	}
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
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s %s: %s %q, want %q", tc.method, tc.path, name, got, want)
			}
		}
		if policy := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; ") {
			t.Errorf("%s %s: policy %q", tc.method, tc.path, policy)
		}
	}
}

func TestPagesOfOtherOriginsMayUseTheAPI(t *testing.T) {
	_, base := start(t, unlimited())
	resp, _ := request(t, http.MethodOptions, base+"/api/session", nil,
		"Origin", "https://app.example", "Access-Control-Request-Method", "POST")
	h := resp.Header
	if resp.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != "*" ||
		h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Allow-Headers") != "Content-Type" {
		t.Errorf("preflight: %s %v", resp.Status, h)
	}
	resp, _ = request(t, http.MethodGet, base+"/api/health", nil, "Origin", "https://app.example")
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("health allows origin %q", got)
	}
	resp, _ = request(t, http.MethodGet, base+"/", nil)
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("the page allows origin %q", got)
	}
}

// A program that was built without the browser's client has a page that says so.
func TestBarePage(t *testing.T) {
	server := httptest.NewServer(newPages(nil, false, nil))
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
