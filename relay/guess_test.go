package relay

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestMissesGrowDear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesses()
		addr := netip.MustParseAddr("192.0.2.1")
		for i, want := range []float64{1, 2, 4, 8, 16, 32, 32} {
			if got := g.miss(addr, strconv.Itoa(i)); got != want {
				t.Errorf("miss %d costs %v, want %v", i, got, want)
			}
		}
		if got := g.miss(addr, "6"); got != 0 {
			t.Errorf("the same nameplate again costs %v", got)
		}
		if got := g.miss(netip.MustParseAddr("192.0.2.2"), "6"); got != 1 {
			t.Errorf("somebody else's first miss costs %v", got)
		}
		time.Sleep(time.Hour)
		if got := g.miss(addr, "100"); got != 1 {
			t.Errorf("an hour later a miss costs %v", got)
		}
	})
}

// Passwords have no name, so each is a new one.
func TestPasswordsAreAlwaysMissed(t *testing.T) {
	g := newGuesses()
	addr := netip.MustParseAddr("192.0.2.1")
	if a, b := g.miss(addr, ""), g.miss(addr, ""); a != 1 || b != 2 {
		t.Errorf("%v, then %v", a, b)
	}
}

func TestGuessesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesses()
		for i := range maxGuessers + 100 {
			g.miss(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), "7")
		}
		if len(g.clients) > maxGuessers {
			t.Errorf("%d are held", len(g.clients))
		}
		time.Sleep(time.Hour)
		g.miss(netip.MustParseAddr("192.0.2.1"), "7")
		if len(g.clients) != 1 {
			t.Errorf("%d are held, want 1", len(g.clients))
		}
	})
}

// joiner asks a relay for nameplates from one address, without a socket.
type joiner struct {
	relay *Relay
	from  netip.Addr
}

func (j joiner) join(nameplate string) refusal {
	_, _, why := j.relay.admit(context.Background(), newPeer(func(time.Duration) {}), j.from, asReceiver(nameplate), nil)
	return why
}

// In an hour, somebody who tries nameplates gets through a few hundred at most, and
// a receiver that waits for its sender is never refused.
func TestScanIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := Config{}
		r, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		scanner := joiner{r, netip.MustParseAddr("192.0.2.1")}
		waiting := joiner{r, netip.MustParseAddr("192.0.2.2")}
		heard := map[wire.RoomErrorCode]int{}
		next := 1
		for second := range 3600 {
			for range 3 {
				why := scanner.join(strconv.Itoa(next))
				heard[why.code]++
				if why.code == wire.RoomUnknown {
					next++
				} else if why.retry <= 0 {
					t.Fatalf("no time to try again: %+v", why)
				}
			}
			if second%4 == 0 {
				if why := waiting.join("123"); why.code != wire.RoomUnknown {
					t.Fatalf("after %d s the receiver is told %v", second, why.code)
				}
			}
			time.Sleep(time.Second)
		}
		if got := heard[wire.RoomUnknown]; got > 250 {
			t.Errorf("%d nameplates in an hour: %v", got, heard)
		}
	})
}

// Why a room cannot be joined any more is said a few times. After that a stranger
// cannot tell it from one that never was.
func TestBurntRoomCannotBeProbed(t *testing.T) {
	for _, ended := range []bool{false, true} {
		t.Run(fmt.Sprintf("ended %t", ended), func(t *testing.T) {
			tb := newTestTable(time.Hour, 10, 0)
			defer tb.close()
			r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
			s := join(t, tb, "7", &r.ticket)
			r.burn()
			if ended {
				leave(s)
			}
			for range maxTold {
				if code := refused(tb, "7", nil); code != wire.RoomUsed {
					t.Fatalf("a late receiver is told %v", code)
				}
			}
			for range 3 {
				if code := refused(tb, "7", nil); code != wire.RoomUnknown {
					t.Fatalf("a stranger is told %v", code)
				}
			}
		})
	}
}

// All joins of one nameplate are counted together, wherever they come from.
func TestJoinsPerNameplate(t *testing.T) {
	config := unlimited()
	config.Limits.JoinsPerNameplate = 9
	r, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range 3 {
		from := joiner{r, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})}
		if why := from.join("7"); why.code != wire.RoomUnknown {
			t.Fatalf("join %d: %v", i, why.code)
		}
	}
	last := joiner{r, netip.MustParseAddr("192.0.2.9")}
	if why := last.join("7"); why.code != wire.RoomRate || why.retry <= 0 {
		t.Errorf("%+v", why)
	}
	if why := last.join("8"); why.code != wire.RoomUnknown {
		t.Errorf("another nameplate: %v", why.code)
	}
}
