// Package publicaddr tells the addresses of the public internet from those to which a
// server must not be led by strangers: its own, those of its network, and those at which
// clouds tell a machine its secrets.
//
// Start with [Of].
package publicaddr

import "net/netip"

// Class is what an address belongs to.
type Class int

// The classes.
const (
	Public   Class = iota
	Private        // a network of a company, a home or a provider, and the one for measurements
	Loopback       // this machine
	Never          // this link, groups, addresses of no host, and the metadata of clouds
)

// Of returns the class of an address. One that leads to another, through NAT64 (RFC 6052,
// RFC 8215) or 6to4 (RFC 3056), has the class of that one.
func Of(addr netip.Addr) Class {
	addr = addr.Unmap().WithZone("")
	if inner, embeds := embedded(addr); embeds {
		return Of(inner)
	}
	switch {
	case !addr.IsValid():
		return Never
	case addr.IsLoopback():
		return Loopback
	case contains(never(), addr):
		return Never
	case contains(private(), addr):
		return Private
	}
	return Public
}

func never() []netip.Prefix {
	return prefixes(
		"0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"::/96", "100::/64", "fe80::/10", "fec0::/10", "ff00::/8", "2001::/32",
		"100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::/32", // metadata of clouds
	)
}

func private() []netip.Prefix {
	return prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7")
}

// embedded returns the IPv4 address to which a translator or a tunnel brings what is
// sent to an IPv6 address.
func embedded(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() {
		return netip.Addr{}, false
	}
	b := addr.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(addr), netip.MustParsePrefix("64:ff9b:1::/48").Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case netip.MustParsePrefix("2002::/16").Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

func contains(all []netip.Prefix, addr netip.Addr) bool {
	for _, p := range all {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
