package wire

import (
	"encoding/binary"
	"net/netip"
)

// MaxAddresses bounds the addresses of one side.
const MaxAddresses = 32

// LeastPort is the lowest port that an address may have. A peer that listens for
// lanes has a port of its system's choice. Lower ports belong to services, and a
// peer must not be able to aim connections at those.
const LeastPort = 1024

// Addresses is the body of a Signal of kind SignalAddresses: where its sender
// listens for tcp lanes, each address once.
//
//	( length u8 | address | port u16 ) ...      length is 4 or 16
type Addresses []netip.AddrPort

// Append appends the body to b.
func (a Addresses) Append(b []byte) []byte {
	for _, at := range a {
		b = appendBytes8(b, at.Addr().AsSlice())
		b = binary.BigEndian.AppendUint16(b, at.Port())
	}
	return b
}

// ParseAddresses parses the body. An address that is not Dialable is malformed.
func ParseAddresses(b []byte) (Addresses, error) {
	c := cursor{rest: b}
	var all Addresses
	seen := make(map[netip.AddrPort]bool)
	for len(c.rest) > 0 && c.err == nil {
		ip, ok := netip.AddrFromSlice(c.bytes8(16))
		at := netip.AddrPortFrom(ip, c.u16())
		switch {
		case c.err != nil:
		case !ok || !Dialable(ip):
			c.fail("%v is no address to dial", ip)
		case at.Port() < LeastPort:
			c.fail("port %d", at.Port())
		case seen[at]:
			c.fail("%v twice", at)
		case len(all) == MaxAddresses:
			c.fail("over %d addresses", MaxAddresses)
		}
		seen[at] = true
		all = append(all, at)
	}
	if err := c.done(); err != nil {
		return nil, err
	}
	return all, nil
}

// Dialable reports whether an address may be in Addresses: a unicast address that
// also means something on the peer's machine. A link-local address of IPv6 does
// not, because it needs a zone.
func Dialable(ip netip.Addr) bool {
	return ip.IsValid() && !ip.Is4In6() && ip.Zone() == "" &&
		!ip.IsUnspecified() && !ip.IsMulticast() && ip != netip.AddrFrom4([4]byte{255, 255, 255, 255}) &&
		(ip.Is4() || !ip.IsLinkLocalUnicast())
}
