package rendezvous

import (
	"bytes"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/relay"
)

func TestSTUNAddress(t *testing.T) {
	for _, tc := range [][3]string{
		{":3478", "https://relay.example", "relay.example:3478"},
		{":3478", "http://127.0.0.1:8080", "127.0.0.1:3478"},
		{":3478", "http://[::1]:8080", "[::1]:3478"},
		{":3478", "http://[fe80::1%25eth0]:8080", "[fe80::1%eth0]:3478"},
		{":03478", "https://relay.example", "relay.example:3478"},
		// The relay's own host, as the person named it.
		{"relay.example:3478", "https://relay.example", "relay.example:3478"},
		{"RELAY.example.:3478", "https://relay.example", "relay.example:3478"},
		{"relay.example:3478", "https://Relay.Example.:9", "Relay.Example.:3478"},
		{"[0:0::1]:3478", "http://[::1]:8080", "[::1]:3478"},
		{"[::ffff:192.0.2.1]:3478", "http://192.0.2.1", "192.0.2.1:3478"},
		// Any other host.
		{"stun.example:3478", "https://relay.example", ""},
		{"sub.relay.example:3478", "https://relay.example", ""},
		{"192.168.1.1:3478", "https://relay.example", ""},
		{"127.0.0.1:3478", "http://localhost:8080", ""},
		{"[::1]:3478", "https://relay.example", ""},
		// Small ports, unless it is the relay's own.
		{":1024", "https://relay.example", "relay.example:1024"},
		{":1023", "https://relay.example", ""},
		{":53", "https://relay.example", ""},
		{"relay.example:123", "https://relay.example", ""},
		{":443", "https://relay.example", "relay.example:443"},
		{":443", "http://relay.example", ""},
		{":80", "http://relay.example", "relay.example:80"},
		{":53", "http://relay.example:53", "relay.example:53"},
		{":80", "https://relay.example", ""},
		// What is no address.
		{"", "https://relay.example", ""},
		{":", "https://relay.example", ""},
		{":0", "https://relay.example", ""},
		{":65536", "https://relay.example", ""},
		{":-1", "https://relay.example", ""},
		{":x", "https://relay.example", ""},
		{"relay.example", "https://relay.example", ""},
		{"st un:3478", "https://relay.example", ""},
		{"\x1b[2J:3478", "https://relay.example", ""},
	} {
		base, err := url.Parse(tc[1])
		if err != nil {
			t.Fatal(err)
		}
		if got := stunAddress(tc[0], base); got != tc[2] {
			t.Errorf("%q at %s: %q, want %q", tc[0], tc[1], got, tc[2])
		}
	}
}

// A relay that names somebody else's address gets no STUN packet sent there, and
// the room works without.
func TestRelayCannotAimSTUN(t *testing.T) {
	for _, said := range []string{"192.168.1.1:5353", ":53", "stun.example:3478"} {
		_, address := startRelay(t, relay.Config{STUNAddress: said})
		var log bytes.Buffer
		e, err := ParseRelay(address)
		if err != nil {
			t.Fatal(err)
		}
		c := New(e, Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		r, err := c.Open(t.Context(), OpenRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.STUN(); got != "" {
			t.Errorf("%s became %s", said, got)
		}
		if !strings.Contains(log.String(), "STUN") {
			t.Errorf("%s was ignored without a word", said)
		}
		_ = r.Close()
	}
	// Its own port is what the person named, whatever the number.
	_, address := startRelay(t, relay.Config{})
	_, port, _ := net.SplitHostPort(address)
	_, address = startRelay(t, relay.Config{STUNAddress: "127.0.0.1:" + port})
	s, _ := pair(t, address)
	if got := s.STUN(); got != "127.0.0.1:"+port {
		t.Errorf("STUN %q", got)
	}
}
