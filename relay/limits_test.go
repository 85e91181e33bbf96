package relay

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(60, 20)
		one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		for i := range 20 {
			if d := l.wait(one); d != 0 {
				t.Fatalf("number %d of the burst waits %v", i, d)
			}
		}
		if d := l.wait(one); d != time.Second {
			t.Errorf("after the burst: %v, want 1s", d)
		}
		if d := l.wait(two); d != 0 {
			t.Errorf("another client waits %v", d)
		}
		time.Sleep(time.Second)
		if d := l.wait(one); d != 0 {
			t.Errorf("a second later: %v", d)
		}
		if d := l.wait(one); d != time.Second {
			t.Errorf("and again: %v, want 1s", d)
		}
	})
}

func TestLimiterNil(t *testing.T) {
	if l := newLimiter(-1, 0); l.wait(netip.IPv4Unspecified()) != 0 {
		t.Error("no limit, but a wait")
	}
}

func TestLimiterIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(60, 1)
		address := func(i int) netip.Addr {
			return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		}
		for i := range maxClients + 1000 {
			l.wait(address(i))
		}
		if len(l.held) > maxClients {
			t.Fatalf("%d clients are held", len(l.held))
		}
		if l.wait(address(1<<20)) == 0 {
			t.Error("one beyond the bound has an allowance of its own")
		}
		time.Sleep(2 * time.Minute)
		if d := l.wait(address(1 << 20)); d != 0 {
			t.Errorf("after the crowd: %v", d)
		}
		if len(l.held) != 1 {
			t.Errorf("%d clients are held, want 1", len(l.held))
		}
	})
}

func TestClientKey(t *testing.T) {
	for _, tc := range [][2]string{
		{"192.0.2.1", "192.0.2.1/32"},
		{"::ffff:192.0.2.1", "192.0.2.1/32"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"fe80::1%eth0", "fe80::/64"},
	} {
		if got := clientKey(netip.MustParseAddr(tc[0])).String(); got != tc[1] {
			t.Errorf("%s counts as %s, want %s", tc[0], got, tc[1])
		}
	}
	if got := clientKey(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("no address counts as %v", got)
	}
}

func TestSessionsAreLimited(t *testing.T) {
	_, base := start(t, Config{RoomsPerMinute: 6, JoinsPerMinute: -1})
	body := `{"nonce":"` + strings.Repeat("00", 16) + `"}`
	for range 2 {
		if resp, b := post(t, base, body); resp.StatusCode != http.StatusCreated {
			t.Fatalf("%s: %s", resp.Status, b)
		}
	}
	resp, b := post(t, base, body)
	if resp.StatusCode != http.StatusTooManyRequests || word(t, b) != "rate" {
		t.Errorf("%s: %s", resp.Status, b)
	}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || s < 1 || s > 10 {
		t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
	}
}

func TestJoinsAreLimited(t *testing.T) {
	_, base := start(t, Config{RoomsPerMinute: -1, JoinsPerMinute: 12})
	reply := open(t, base, "100000")
	for range 3 { // the first of them costs as much as two
		dial(t, base, asReceiver("7")).wantError(wire.RoomUnknown)
	}
	dial(t, base, asReceiver(reply.Nameplate)).wantError(wire.RoomRate)
}

func TestBytesPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := unlimited()
		config.BytesPerSecond = 100_000
		base := startPipe(t, config)
		_, s, r := base.pair(t)
		begin := time.Now()
		const n = 20
		go func() {
			for range n {
				s.forward(strings.Repeat("x", 50_000))
			}
		}()
		for range n {
			r.frame()
		}
		// A second's worth goes at once, the rest at its pace.
		if took := time.Since(begin).Round(time.Second); took != 9*time.Second {
			t.Errorf("a million bytes took %v, want 9s", took)
		}
	})
}
