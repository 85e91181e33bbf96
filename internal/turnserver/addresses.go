package turnserver

import "net/netip"

// addresses says to which addresses the server relays: to those of the public
// internet, and to private ones only if the operator wants that.
type addresses struct {
	allowPrivate bool
	own          []netip.Addr // of the relayed addresses: two peers may both use this server
}

// allows reports whether the server may relay to an address.
func (a addresses) allows(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, own := range a.own {
		if addr == own {
			return true // ports.go lets through only to relayed addresses
		}
	}
	if inner, embeds := embedded(addr); embeds {
		return a.allows(inner)
	}
	switch {
	case !addr.IsValid(), containsAddr(neverRelayed(), addr):
		return false
	case containsAddr(privateNetworks(), addr):
		return a.allowPrivate
	}
	return true
}

// neverRelayed are networks that no peer of a transfer is in: this machine and its
// link, groups, addresses of no host, and those at which clouds tell a machine its
// secrets.
func neverRelayed() []netip.Prefix {
	return prefixes(
		"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"::/96", "100::/64", "fe80::/10", "fec0::/10", "ff00::/8", "2001::/32",
		"100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::/32", // metadata of clouds
	)
}

// privateNetworks are networks of companies, homes and providers, and the one for
// measurements.
func privateNetworks() []netip.Prefix {
	return prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7")
}

// embedded returns the IPv4 address to which a translator or a tunnel brings what is
// sent to an IPv6 address: NAT64 (RFC 6052, RFC 8215) or 6to4 (RFC 3056).
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

func containsAddr(all []netip.Prefix, addr netip.Addr) bool {
	for _, p := range all {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
