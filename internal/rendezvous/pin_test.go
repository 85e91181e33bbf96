//go:build !js

package rendezvous

import (
	"encoding/hex"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tallow-transfer/tallow/relay"
)

func TestParsePin(t *testing.T) {
	want := Pin{0xfb, 0xff, 30: 1, 31: 2}
	slash := Pin{0xff, 0xff} // "//8A…"
	for _, s := range []string{slash.String(), "sha256/" + slash.String(), "sha256//" + slash.String(), "sha256:" + slash.String()} {
		if got, err := ParsePin(s); err != nil || got != slash {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	digits := hex.EncodeToString(want[:])
	var colons []string
	for i := 0; i < len(digits); i += 2 {
		colons = append(colons, strings.ToUpper(digits[i:i+2]))
	}
	for _, s := range []string{
		want.String(), strings.TrimRight(want.String(), "="), " " + want.String() + " ", "sha256//" + want.String(), "sha256/" + want.String(),
		digits, strings.ToUpper(digits), strings.Join(colons, ":"), "SHA256:" + digits,
		strings.NewReplacer("+", "-", "/", "_").Replace(want.String()),
	} {
		if got, err := ParsePin(s); err != nil || got != want {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "sha256/", digits[2:], digits + "00", "x" + digits[1:], want.String()[4:], want.String() + "AAAA", "sha1/" + want.String()} {
		if got, err := ParsePin(s); err == nil {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func FuzzParsePin(f *testing.F) {
	f.Add(Pin{1, 2, 3}.String())
	f.Add("sha256:" + strings.Repeat("00:", 31) + "00")
	f.Fuzz(func(t *testing.T, s string) {
		pin, err := ParsePin(s)
		if err != nil {
			return
		}
		if again, err := ParsePin(pin.String()); err != nil || again != pin {
			t.Errorf("%q gives %v, and that %v, %v", s, pin, again, err)
		}
	})
}

func pinned(t *testing.T, address string, pins ...Pin) *Client {
	t.Helper()
	e, err := ParseRelay(address)
	if err != nil {
		t.Fatal(err)
	}
	return New(e, Options{Version: "test", Pins: pins})
}

// A relay that has a pinned key is used though no authority vouches for it, and one
// that has not is refused, whatever it is asked.
func TestPins(t *testing.T) {
	server, roots := startTLS(t)
	address := "wss" + strings.TrimPrefix(server.URL, "https") + "/some/path"
	right, other := pinOf(server.Certificate()), Pin{1}

	c := pinned(t, address, other, right)
	s, err := c.Open(t.Context(), OpenRequest{Nonce: testNonce()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := c.Join(t.Context(), s.Nameplate())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()

	for _, trusted := range []bool{false, true} {
		c := pinned(t, address, other)
		if trusted { // an authority that issued a certificate for another key
			c.network.tls = roots
		}
		_, err = c.Open(t.Context(), OpenRequest{})
		if e := errorAs[*PinError](t, err); e.Seen != right.String() {
			t.Errorf("seen %s, want %s", e.Seen, right)
		}
		_, err = c.Join(t.Context(), "7")
		if e := errorAs[*PinError](t, err); e.Seen != right.String() {
			t.Errorf("seen %s, want %s", e.Seen, right)
		}
	}
}

// With a pin there is no way without TLS.
func TestPinsNeedTLS(t *testing.T) {
	_, plain := startRelay(t, relay.Config{})
	_, err := pinned(t, "ws://"+plain, Pin{1}).Open(t.Context(), OpenRequest{})
	if e := errorAs[*PinError](t, err); e.Seen != "" {
		t.Errorf("seen %s", e.Seen)
	}
	// Without a pin the address is tried by ws first.
	_, err = pinned(t, plain, Pin{1}).Open(t.Context(), OpenRequest{})
	errorAs[*TLSError](t, err)
	if room, err := pinned(t, plain).Open(t.Context(), OpenRequest{}); err != nil {
		t.Error(err)
	} else {
		_ = room.Close()
	}
}

// A pin is of the relay's key, not of that of a proxy on the way.
func TestPinsThroughATLSProxy(t *testing.T) {
	server, _ := startTLS(t)
	var carried atomic.Int32
	proxy := newHTTPProxy(t, strings.TrimPrefix(server.URL, "https://"), &carried)
	proxy.StartTLS()
	withProxies(t, map[string]string{"ALL_PROXY": "https://me:secret@" + proxy.Listener.Addr().String()})
	c := pinned(t, "wss://relay.example/some/path", pinOf(server.Certificate()))
	c.network.tls = proxy.Client().Transport.(*http.Transport).TLSClientConfig
	room, err := c.Open(t.Context(), OpenRequest{Nonce: testNonce()})
	if err != nil {
		t.Fatal(err)
	}
	_ = room.Close()
	if carried.Load() != 2 {
		t.Errorf("%d connections went through the proxy, want 2", carried.Load())
	}
}
