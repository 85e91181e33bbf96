package relay

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// An origin is a relay's own only if it is the host of the request.
func FuzzOrigin(f *testing.F) {
	f.Add("https://relay.example", "relay.example")
	f.Add("https://relay.example@evil.example", "relay.example")
	f.Add("null", "")
	f.Add("https://relay.example:443", "relay.example")
	f.Fuzz(func(t *testing.T, origin, host string) {
		req := &http.Request{Host: host, Header: http.Header{"Origin": {origin}}}
		if !(origins{"https://app.example"}).allows(req) {
			return
		}
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, host) && !strings.EqualFold(u.Host, "app.example") {
			t.Errorf("%q is allowed at %q", origin, host)
		}
	})
}
