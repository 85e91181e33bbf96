package relay

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Pages of a browser may use the relay if it serves them itself or their origin is
// listed, and programs that are no browser always may.
func TestOrigins(t *testing.T) {
	listed := unlimited()
	listed.Origins = []string{"https://app.example", "http://localhost:3000"}
	all := unlimited()
	all.Origins = []string{"*"}
	for _, tc := range []struct {
		config  Config
		origins []string // HOST is the relay
		allowed bool
	}{
		{unlimited(), nil, true},
		{unlimited(), []string{"http://HOST"}, true},
		{unlimited(), []string{"https://HOST"}, true}, // a proxy took off TLS
		{unlimited(), []string{"http://HOST:1"}, false},
		{unlimited(), []string{"http://HOST.evil.example"}, false},
		{unlimited(), []string{"https://app.example"}, false},
		{unlimited(), []string{"null"}, false},
		{unlimited(), []string{""}, false},
		{unlimited(), []string{"http://HOST", "https://app.example"}, false},
		{listed, nil, true},
		{listed, []string{"http://HOST"}, true},
		{listed, []string{"https://app.example"}, true},
		{listed, []string{"https://APP.example"}, true},
		{listed, []string{"http://app.example"}, false},
		{listed, []string{"https://app.example:444"}, false},
		{listed, []string{"http://localhost:3000"}, true},
		{listed, []string{"null"}, false},
		{all, []string{"https://app.example"}, true},
		{all, []string{"null"}, true},
	} {
		_, base := start(t, tc.config)
		host := strings.TrimPrefix(base, "http://")
		header := http.Header{}
		var pairs []string
		for _, o := range tc.origins {
			o = strings.ReplaceAll(o, "HOST", host)
			header.Add("Origin", o)
			pairs = append(pairs, "Origin", o)
		}
		conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), webSocket(base), header)
		if (err == nil) != tc.allowed {
			t.Errorf("%v, %v: WebSocket: %v", tc.config.Origins, tc.origins, err)
		}
		if err == nil {
			_ = conn.Close()
		} else if resp == nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("%v, %v: WebSocket: %+v", tc.config.Origins, tc.origins, resp)
		}

		if len(tc.origins) > 1 {
			continue // request sets one of a name
		}
		body := string(wire.OpenRequest{Nonce: testNonce()}.Append(nil))
		answer, text := request(t, http.MethodPost, base+"/api/session", strings.NewReader(body), pairs...)
		want := map[bool]int{true: http.StatusCreated, false: http.StatusForbidden}[tc.allowed]
		if answer.StatusCode != want {
			t.Errorf("%v, %v: opening a room: %s", tc.config.Origins, tc.origins, answer.Status)
		}
		if !tc.allowed && word(t, text) != "origin" {
			t.Errorf("%v, %v: %s", tc.config.Origins, tc.origins, text)
		}
	}
}

func TestAnswersToPagesOfOtherOrigins(t *testing.T) {
	config := unlimited()
	config.Origins = []string{"https://app.example"}
	_, base := start(t, config)
	for origin, want := range map[string]string{"https://app.example": "https://app.example", "https://evil.example": ""} {
		resp, _ := request(t, http.MethodOptions, base+"/api/session", nil, "Origin", origin, "Access-Control-Request-Method", "POST")
		h := resp.Header
		if resp.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != want || h.Get("Vary") != "Origin" ||
			h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type, Range" {
			t.Errorf("preflight of %s: %s %v", origin, resp.Status, h)
		}
		resp, _ = request(t, http.MethodGet, base+"/api/health", nil, "Origin", origin)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 200 || got != want {
			t.Errorf("health for %s: %s, allows origin %q", origin, resp.Status, got)
		}
	}
	resp, _ := request(t, http.MethodGet, base+"/", nil, "Origin", "https://app.example")
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("the page allows origin %q", got)
	}
}

func TestBadOrigins(t *testing.T) {
	for _, bad := range []string{"", "app.example", "https://app.example/", "https://", "https://a.example/x", "**"} {
		config := unlimited()
		config.Origins = []string{bad}
		if _, err := New(config); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
