package publicaddr_test

import (
	"net/netip"
	"testing"

	"github.com/tallow-transfer/tallow/internal/publicaddr"
)

func TestOf(t *testing.T) {
	for class, addresses := range map[publicaddr.Class][]string{
		publicaddr.Public:   {"1.1.1.1", "192.0.2.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"},
		publicaddr.Private:  {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.19.0.1", "fd00::1", "::ffff:10.1.1.1", "64:ff9b::a00:1", "2002:c0a8:101::"},
		publicaddr.Loopback: {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"},
		publicaddr.Never: {
			"0.0.0.0", "0.1.2.3", "169.254.169.254", "224.0.0.1", "255.255.255.255", "::", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
			"100.100.100.200", "168.63.129.16", "fd00:ec2::254", "2001:0:1::1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "::ffff:169.254.169.254", "::7f00:1",
		},
	} {
		for _, text := range addresses {
			if got := publicaddr.Of(netip.MustParseAddr(text)); got != class {
				t.Errorf("%s is of class %d, want %d", text, got, class)
			}
		}
	}
	if publicaddr.Of(netip.Addr{}) != publicaddr.Never {
		t.Error("no address may be used")
	}
}
