//go:build !js

package tcp_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/lane/tcp"
	"github.com/tallow-transfer/tallow/internal/wire"
)

func addresses(list ...string) (all wire.Addresses) {
	for _, s := range list {
		all = append(all, netip.MustParseAddrPort(s))
	}
	return all
}

// The addresses lead to the listener, fit into a signal, and end with loopback.
func TestAddresses(t *testing.T) {
	listener, err := tcp.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	all := tcp.Addresses(listener)
	if parsed, err := wire.ParseAddresses(all.Append(nil)); err != nil || !slices.Equal(parsed, all) {
		t.Fatalf("%v are read as %v, %v", all, parsed, err)
	}
	if !slices.ContainsFunc(all, func(at netip.AddrPort) bool { return at.Addr() == netip.MustParseAddr("127.0.0.1") }) {
		t.Errorf("%v is without loopback", all)
	}
	loopback := false
	for _, at := range all {
		if loopback && !at.Addr().IsLoopback() {
			t.Errorf("%v: loopback is not last", all)
		}
		loopback = at.Addr().IsLoopback()
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at.String())
		if err != nil {
			t.Errorf("%v: %v", at, err)
			continue
		}
		_ = conn.Close()
	}
}

func TestAddressesOfIPv4Alone(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, at := range tcp.Addresses(listener) {
		if !at.Addr().Is4() {
			t.Errorf("%v: no listener there", at)
		}
	}
}

func TestReachable(t *testing.T) {
	lan, vpn, elsewhere := "192.168.1.7:40001", "[fd00::7]:40001", "10.0.0.9:40001"
	home, home6 := "127.0.0.1:40001", "[::1]:40001"
	for name, tt := range map[string]struct{ peer, own, want wire.Addresses }{
		"two machines":                    {addresses(lan, vpn, home, home6), addresses(elsewhere, home), addresses(lan, vpn)},
		"one machine":                     {addresses(lan, vpn, home, home6), addresses("192.168.1.7:5000", home), addresses(lan, vpn, home, home6)},
		"one without a network":           {addresses(home), addresses(elsewhere, home), addresses(home)},
		"this one without":                {addresses(lan, home), addresses(home), addresses(lan, home)},
		"both without":                    {addresses(home, home6), addresses(home), addresses(home, home6)},
		"the other listens nowhere":       {nil, addresses(lan), nil},
		"this one listens nowhere":        {addresses(lan, home), nil, addresses(lan, home)},
		"loopback is no address to share": {addresses(lan, home), addresses(elsewhere, "127.0.0.1:40001"), addresses(lan)},
	} {
		before := slices.Clone(tt.peer)
		if got := tcp.Reachable(tt.peer, tt.own); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
		if !slices.Equal(tt.peer, before) {
			t.Errorf("%s: the list itself was changed", name)
		}
	}
}
