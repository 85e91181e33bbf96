package nearby

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/ipv4"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

const testTimeout = 10 * time.Second

// anyNameplate returns one that is unlikely to be in use on this network.
func anyNameplate() string { return strconv.Itoa(100_000_000 + rand.IntN(900_000_000)) }

func announce(t *testing.T, nameplate string, port int) *Announcement {
	t.Helper()
	a, err := Announce(t.Context(), nameplate, port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func find(t *testing.T, nameplate string, limit time.Duration) ([]netip.AddrPort, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return Find(ctx, nameplate, nil)
}

func TestFoundOnThisMachine(t *testing.T) {
	nameplate := anyNameplate()
	announce(t, nameplate, 4711)
	announce(t, anyNameplate(), 4712) // another sender does not interfere
	begin := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	var first []netip.AddrPort
	addrs, err := Find(ctx, nameplate, func(a netip.AddrPort) { first = append(first, a) })
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 1 || !slices.Contains(addrs, first[0]) {
		t.Errorf("the first address was %v, found %v", first, addrs)
	}
	if want := netip.MustParseAddrPort("127.0.0.1:4711"); addrs[0] != want {
		t.Errorf("found %v, want %v first", addrs, want)
	}
	for i, a := range addrs {
		if a.Port() != 4711 || !a.Addr().IsValid() || slices.Contains(addrs[:i], a) {
			t.Errorf("found %v", addrs)
		}
		if a.Addr().IsLinkLocalUnicast() && a.Addr().Is6() && a.Addr().Zone() == "" {
			t.Errorf("%v has no zone", a)
		}
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestNotFound(t *testing.T) {
	nameplate := anyNameplate()
	a := announce(t, nameplate, 4711)
	if _, err := find(t, anyNameplate(), 400*time.Millisecond); err != ErrNotFound {
		t.Errorf("another nameplate: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if addrs, err := find(t, nameplate, 400*time.Millisecond); err != ErrNotFound {
		t.Errorf("after the announcement was closed: %v, %v", addrs, err)
	}
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := Find(ctx, nameplate, nil); err != why {
		t.Errorf("cancelled: %v", err)
	}
}

func TestTwoAnnouncersOfOneNameplate(t *testing.T) {
	nameplate := anyNameplate()
	announce(t, nameplate, 4711)
	announce(t, nameplate, 4712)
	if addrs, err := find(t, nameplate, testTimeout); err != ErrAmbiguous {
		t.Errorf("%v, %v; want ErrAmbiguous", addrs, err)
	}
}

func TestAnnouncementEndsWithItsContext(t *testing.T) {
	nameplate := anyNameplate()
	ctx, cancel := context.WithCancel(t.Context())
	a, err := Announce(ctx, nameplate, 4711)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := a.Close(); err != nil { // waits for the end
		t.Error(err)
	}
	if _, err := find(t, nameplate, 400*time.Millisecond); err != ErrNotFound {
		t.Errorf("still found: %v", err)
	}
}

// The port of multicast DNS is shared with the system's own responder.
func TestPortIsShared(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	loopback, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skipf("SKIP: no interface named lo here: %v", err)
	}
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251)}
	if err := ipv4.NewPacketConn(conn).JoinGroup(loopback, group); err != nil {
		t.Fatal(err)
	}
	nameplate := anyNameplate()
	announce(t, nameplate, 4711)
	if _, err := find(t, nameplate, testTimeout); err != nil {
		t.Error(err)
	}
	// The other responder also receives the questions.
	_ = conn.SetReadDeadline(time.Now().Add(testTimeout))
	if _, _, err := conn.ReadFrom(make([]byte, maxPacket)); err != nil {
		t.Errorf("the other responder receives nothing: %v", err)
	}
}

func TestBadArguments(t *testing.T) {
	for _, nameplate := range []string{"", "0", "seven", "7.evil", "1234567890"} {
		if _, err := Announce(t.Context(), nameplate, 1); err == nil {
			t.Errorf("announced %q", nameplate)
		}
		if _, err := Find(t.Context(), nameplate, nil); err == nil {
			t.Errorf("found %q", nameplate)
		}
	}
	for _, port := range []int{0, -1, 65536} {
		if _, err := Announce(t.Context(), "7", port); err == nil {
			t.Errorf("announced port %d", port)
		}
	}
}
