package rendezvous

import (
	"net/netip"
	"strings"
	"testing"
)

// ways writes down an endpoint's routes; "?" marks one for private hosts only.
func ways(e Endpoint) string {
	var out []string
	for _, r := range e.routes {
		s := r.url.String()
		if r.ifLocal {
			s = "?" + s
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestParseRelay(t *testing.T) {
	for _, tc := range [][2]string{
		// A public host is reached by wss; ws only if it turns out to be private.
		{"relay.example", "https://relay.example ?http://relay.example:8080"},
		{"relay.example:9000", "https://relay.example:9000 ?http://relay.example:9000"},
		{"  relay.example\n", "https://relay.example ?http://relay.example:8080"},
		{"203.0.113.9", "https://203.0.113.9"},
		{"203.0.113.9:8443", "https://203.0.113.9:8443"},
		{"2001:db8::1", "https://[2001:db8::1]"},
		{"[2001:db8::1]", "https://[2001:db8::1]"},
		{"[2001:db8::1]:8443", "https://[2001:db8::1]:8443"},
		{"100.128.0.1", "https://100.128.0.1"},
		{"172.32.0.1", "https://172.32.0.1"},
		// This machine and private networks: ws first.
		{"localhost", "http://localhost:8080 https://localhost"},
		{"LOCALHOST:1", "http://LOCALHOST:1 https://LOCALHOST:1"},
		{"a.localhost", "http://a.localhost:8080 https://a.localhost"},
		{"box.local", "http://box.local:8080 https://box.local"},
		{"box.local.", "http://box.local.:8080 https://box.local."},
		{"127.0.0.1:41234", "http://127.0.0.1:41234 https://127.0.0.1:41234"},
		{"127.8.9.1", "http://127.8.9.1:8080 https://127.8.9.1"},
		{"::1", "http://[::1]:8080 https://[::1]"},
		{"[::1]:99", "http://[::1]:99 https://[::1]:99"},
		{"10.0.0.5", "http://10.0.0.5:8080 https://10.0.0.5"},
		{"192.168.1.2:80", "http://192.168.1.2:80 https://192.168.1.2:80"},
		{"172.16.0.1", "http://172.16.0.1:8080 https://172.16.0.1"},
		{"169.254.1.1", "http://169.254.1.1:8080 https://169.254.1.1"},
		{"100.64.0.1", "http://100.64.0.1:8080 https://100.64.0.1"},
		{"fd00::2", "http://[fd00::2]:8080 https://[fd00::2]"},
		{"fe80::1%eth0", "http://[fe80::1%25eth0]:8080 https://[fe80::1%25eth0]"},
		{"[fe80::1%eth0]:99", "http://[fe80::1%25eth0]:99 https://[fe80::1%25eth0]:99"},
		{"::ffff:192.168.1.2", "http://[::ffff:192.168.1.2]:8080 https://[::ffff:192.168.1.2]"},
		// A URL is taken at its word.
		{"ws://relay.example", "http://relay.example"},
		{"wss://relay.example", "https://relay.example"},
		{"http://relay.example:8080", "http://relay.example:8080"},
		{"HTTPS://relay.example/", "https://relay.example"},
		{"wss://relay.example/a/relay/", "https://relay.example/a/relay"},
		{"wss://127.0.0.1:1", "https://127.0.0.1:1"},
		{"ws://[::1]:1/x", "http://[::1]:1/x"},
	} {
		e, err := ParseRelay(tc[0])
		if err != nil {
			t.Errorf("%q: %v", tc[0], err)
			continue
		}
		if got := ways(e); got != tc[1] {
			t.Errorf("%q: %s\nwant %s", tc[0], got, tc[1])
		}
		if got, want := e.String(), strings.TrimSpace(tc[0]); got != want {
			t.Errorf("%q is called %q", tc[0], got)
		}
	}
}

func TestParseRelayRefuses(t *testing.T) {
	for _, s := range []string{
		"", " ", ":", ":8080", "relay.example:", "relay.example:0", "relay.example:65536", "relay.example:http",
		"relay example", "relay.example/path", "user@relay.example", "relay.example:1:2", "[::1", "::1]", "[]", "[relay]:1:2",
		"höst.example", strings.Repeat("a", 254),
		"ftp://relay.example", "://relay.example", "wss://", "wss:///path", "wss://u:p@relay.example", "wss://relay.example?x=1",
		"wss://relay.example#7-acid-acorn", "wss://relay.example:0", "wss://relay.example:99999", "wss://relay.example:x",
		"wss://re lay", "wss://re\x00lay", "a\x1b[31m",
	} {
		e, err := ParseRelay(s)
		if err == nil {
			t.Errorf("%q: %s", s, ways(e))
			continue
		}
		if strings.ContainsAny(err.Error(), "\x00\x1b\n") {
			t.Errorf("%q: the error has control characters: %q", s, err)
		}
	}
}

func TestNearby(t *testing.T) {
	for _, tc := range [][3]string{
		{"203.0.113.9:4711", "http://203.0.113.9:4711", "203.0.113.9:4711"},
		{"[fe80::1%eth0]:4711", "http://[fe80::1%25eth0]:4711", "[fe80::1%eth0]:4711"},
	} {
		e := Nearby(netip.MustParseAddrPort(tc[0]))
		if ways(e) != tc[1] || e.String() != tc[2] || !e.direct {
			t.Errorf("%s: %s, %s, direct %t", tc[0], ways(e), e, e.direct)
		}
	}
}

// FuzzParseRelay: whatever parses can be dialled, and a host that is not
// private is never reached in the clear unless a URL says so.
func FuzzParseRelay(f *testing.F) {
	for _, seed := range []string{
		"relay.example", "relay.example:1", "127.0.0.1:8080", "[fe80::1%eth0]:1", "wss://relay.example/x", "ws://h", "::1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseRelay(s)
		if err != nil {
			return
		}
		for _, r := range e.routes {
			if r.url.Hostname() == "" || r.url.Scheme != "http" && r.url.Scheme != "https" {
				t.Fatalf("%q: route %s", s, r.url)
			}
			if again := r.url.JoinPath("ws").String(); !strings.HasPrefix(again, r.url.Scheme+"://") {
				t.Fatalf("%q: %s", s, again)
			}
			if r.url.Scheme == "http" && !r.ifLocal && !strings.Contains(s, "://") {
				host := r.url.Hostname()
				addr, err := netip.ParseAddr(host)
				if err == nil && !isLocal(addr) || err != nil && !isLocalName(host) {
					t.Fatalf("%q is reached in the clear at %s", s, r.url)
				}
			}
		}
	})
}
