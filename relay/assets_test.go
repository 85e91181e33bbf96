package relay

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// zipped compresses as scripts/build does.
func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func clientFiles(t *testing.T) map[string][]byte {
	return map[string][]byte{
		"index.html":           []byte(`<script src="{{assets}}/main.js"></script>{{page-sha256}},{{wasm-sha256}}`),
		"manifest.webmanifest": []byte(`{"icons": "{{assets}}/icon.svg"}`),
		"service-worker.js":    []byte(`const files = "{{files}}";`),
		"main.js":              []byte("main();"),
		"tallow.wasm.gz":       zipped(t, "program"),
		"tallow.wasm.br":       []byte("by brotli"),
		"tallow.wasm.sha256":   []byte("abc123\n"),
		"page.sha256":          []byte("def456\n"),
		".gitignore":           []byte("*"),
	}
}

// The client is served under names with its hash, in the best encoding that the
// browser takes, and nothing else is there.
func TestClient(t *testing.T) {
	server := httptest.NewServer(newPages(clientFiles(t), true, nil, clientPolicy("")))
	defer server.Close()
	resp, body := request(t, http.MethodGet, server.URL+"/", nil, "Accept-Encoding", "identity")
	page := string(body)
	_, base, _ := strings.Cut(page, `src="`)
	base, _, _ = strings.Cut(base, "/main.js")
	if resp.StatusCode != 200 || !strings.HasPrefix(base, "/assets/") || !strings.HasSuffix(page, ">def456,abc123") {
		t.Fatalf("%s: %s", resp.Status, page)
	}
	if policy := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; ") ||
		strings.Contains(policy, "unsafe-inline") {
		t.Errorf("policy: %s", policy)
	}
	for _, path := range []string{"/room/", "/d/00112233445566778899aabbccddeeff"} {
		if _, other := request(t, http.MethodGet, server.URL+path, nil, "Accept-Encoding", "identity"); string(other) != page {
			t.Errorf("%s has another page: %s", path, other)
		}
	}
	for _, tt := range []struct {
		path, accept   string
		status         int
		body, encoding string
		kind, cache    string
	}{
		{base + "/main.js", "identity", 200, "main();", "", "text/javascript; charset=utf-8", cacheForever},
		{base + "/tallow.wasm", "gzip, deflate, br", 200, "by brotli", "br", "application/wasm", cacheForever},
		{base + "/tallow.wasm", "gzip, br;q=0", 200, string(zipped(t, "program")), "gzip", "application/wasm", cacheForever},
		{base + "/tallow.wasm", "identity", 200, "program", "", "application/wasm", cacheForever},
		{"/manifest.webmanifest", "identity", 200, `{"icons": "` + base + `/icon.svg"}`, "", "application/manifest+json", cacheBriefly},
		{"/service-worker.js", "identity", 200, `const files = "` + base + "/main.js " + base + `/tallow.wasm";`, "", "text/javascript; charset=utf-8", cacheBriefly},
		{base + "/.gitignore", "identity", 404, "", "", "", ""},
		{base + "/", "identity", 404, "", "", "", ""},
		{"/assets/other/main.js", "identity", 404, "", "", "", ""},
	} {
		resp, body := request(t, http.MethodGet, server.URL+tt.path, nil, "Accept-Encoding", tt.accept)
		h := resp.Header
		if resp.StatusCode != tt.status {
			t.Errorf("%s: %s", tt.path, resp.Status)
		} else if tt.status == 200 && (string(body) != tt.body || h.Get("Content-Encoding") != tt.encoding ||
			h.Get("Content-Type") != tt.kind || h.Get("Cache-Control") != tt.cache) {
			t.Errorf("%s for %q: %q, %v", tt.path, tt.accept, body, h)
		}
	}
	tag := resp.Header.Get("ETag")
	if resp, _ := request(t, http.MethodGet, server.URL+"/", nil, "If-None-Match", tag); tag == "" || resp.StatusCode != 304 {
		t.Errorf("asked again with %s: %s", tag, resp.Status)
	}
}

// The link of a stored transfer is a page, whatever its id, that no search engine keeps.
func TestLinkPage(t *testing.T) {
	_, base := start(t, unlimited())
	for _, path := range []string{"/d/00112233445566778899aabbccddeeff", "/d/x"} {
		resp, body := request(t, http.MethodGet, base+path, nil)
		h := resp.Header
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || !strings.Contains(string(body), "<title>") {
			t.Errorf("%s: %s, %s", path, resp.Status, h.Get("Content-Type"))
		}
		for name, want := range map[string]string{
			"X-Robots-Tag": "noindex, nofollow", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
			}
		}
		if policy := h.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; ") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	for path, want := range map[string]int{"/d/": http.StatusNotFound, "/d/x/y": http.StatusNotFound} {
		if resp, _ := request(t, http.MethodGet, base+path, nil); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	resp, body := request(t, http.MethodGet, base+"/", nil)
	if got := resp.Header.Get("X-Robots-Tag"); got != "" {
		t.Errorf("/: X-Robots-Tag is %q: %s", got, body)
	}
}

// A relay without a store says so, and that is no error.
func TestNoStore(t *testing.T) {
	_, base := start(t, unlimited())
	resp, body := request(t, http.MethodGet, base+"/api/store", nil)
	if resp.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != `{"store":false}` {
		t.Errorf("%s: %s", resp.Status, body)
	}
	if resp, body := request(t, http.MethodPost, base+"/api/store", nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("%s: %s", resp.Status, body)
	}
}
