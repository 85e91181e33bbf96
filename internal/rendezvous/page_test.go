//go:build !js

package rendezvous

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// The page of a relay is known once the relay has answered, if it is one that works on
// other machines.
func TestPage(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/with/room/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<!doctype html>")
		case "/other/room/":
			_, _ = io.WriteString(w, "{}")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for path, want := range map[string]string{"/with": server.URL + "/with/room/", "/other": "", "/none": ""} {
		c := client(t, server.URL[len("https://"):])
		c.network.tls = &tls.Config{RootCAs: roots}
		if got := c.Page(t.Context()); got != "" {
			t.Errorf("%s: %q before there was an answer", path, got)
		}
		base, err := url.Parse(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		c.base = base
		if got := c.Page(t.Context()); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		base.Scheme = "http"
		if got := c.Page(t.Context()); got != "" {
			t.Errorf("%s: %q without TLS", path, got)
		}
	}
}
