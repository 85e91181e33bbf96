//go:build !js

package rendezvous

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A relay with TLS can name no server without, and the pins of the relay do not open any
// other server.
func TestElsewhere(t *testing.T) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	plain := httptest.NewServer(hello)
	defer plain.Close()
	secure := httptest.NewTLSServer(hello)
	defer secure.Close()
	endpoint, err := ParseRelay("relay.example")
	if err != nil {
		t.Fatal(err)
	}
	c := New(endpoint, Options{Version: "test", Pins: []Pin{pinOf(secure.Certificate())}})
	e := c.Elsewhere()
	defer e.Close()

	for _, base := range []*url.URL{nil, {Scheme: "https", Host: "relay.example"}} {
		c.base = base
		var refused *ProtocolError
		if _, err := e.Do(t.Context(), plain.URL, HTTPRequest{Method: "GET"}); !errors.As(err, &refused) {
			t.Errorf("a server without TLS: %v", err)
		}
	}
	var away *UnreachableError
	if _, err := e.Do(t.Context(), secure.URL+"/?X-Amz-Signature=secret", HTTPRequest{Method: "GET"}); !errors.As(err, &away) || strings.Contains(err.Error(), "secret") {
		t.Errorf("a server with a certificate of nobody: %v", err)
	}
	c.base = &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	for range 2 {
		resp, err := e.Do(t.Context(), plain.URL, HTTPRequest{Method: "GET"})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != "hello" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		_ = resp.Body.Close()
	}
}
