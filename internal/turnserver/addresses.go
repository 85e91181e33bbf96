package turnserver

import (
	"net/netip"

	"github.com/tallow-transfer/tallow/internal/publicaddr"
)

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
	switch publicaddr.Of(addr) {
	case publicaddr.Public:
		return true
	case publicaddr.Private:
		return a.allowPrivate
	default:
		return false
	}
}
