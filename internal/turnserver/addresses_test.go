package turnserver

import (
	"net/netip"
	"testing"
)

func TestAddresses(t *testing.T) {
	own := netip.MustParseAddr("198.51.100.1")
	closed := addresses{own: []netip.Addr{own}}
	open := addresses{own: []netip.Addr{own}, allowPrivate: true}
	for _, tt := range []struct {
		addr         string
		closed, open bool // allowed
	}{
		{"203.0.113.9", true, true},
		{"8.8.8.8", true, true},
		{"2001:4860:4860::8888", true, true},
		{"198.51.100.1", true, true}, // the server's own
		{"::ffff:203.0.113.9", true, true},

		{"10.0.0.1", false, true},
		{"172.16.0.1", false, true},
		{"172.31.255.255", false, true},
		{"192.168.1.1", false, true},
		{"100.64.0.1", false, true},
		{"198.18.0.1", false, true},
		{"fd12:3456::1", false, true},
		{"::ffff:192.168.1.1", false, true},
		{"64:ff9b::192.168.1.1", false, true},
		{"64:ff9b::203.0.113.9", true, true},
		{"2002:c0a8:0101::1", false, true}, // 192.168.1.1

		{"127.0.0.1", false, false},
		{"127.8.8.8", false, false},
		{"0.0.0.0", false, false},
		{"0.1.2.3", false, false},
		{"169.254.1.1", false, false},
		{"169.254.169.254", false, false},
		{"100.100.100.200", false, false},
		{"168.63.129.16", false, false},
		{"fd00:ec2::254", false, false},
		{"fd20:ce::254", false, false},
		{"192.0.0.192", false, false},
		{"224.0.0.251", false, false},
		{"239.255.255.250", false, false},
		{"240.0.0.1", false, false},
		{"255.255.255.255", false, false},
		{"::", false, false},
		{"::1", false, false},
		{"::7f00:1", false, false},
		{"::ffff:127.0.0.1", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"64:ff9b::127.0.0.1", false, false},
		{"64:ff9b:1::169.254.169.254", false, false},
		{"2002:7f00:1::", false, false},
		{"2001:0:7f00:1::1", false, false},
		{"fe80::1", false, false},
		{"fe80::1%eth0", false, false},
		{"fec0::1", false, false},
		{"ff02::1", false, false},
		{"100::1", false, false},
	} {
		addr := netip.MustParseAddr(tt.addr)
		if got := closed.allows(addr); got != tt.closed {
			t.Errorf("%s: %v", addr, got)
		}
		if got := open.allows(addr); got != tt.open {
			t.Errorf("%s with private ones allowed: %v", addr, got)
		}
	}
	if open.allows(netip.Addr{}) {
		t.Error("no address is allowed")
	}
}
