package lane

import (
	"net"
	"net/netip"
	"slices"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// maxLoopback is how many of the addresses may be loopback ones: one each of
// IPv4 and IPv6.
const maxLoopback = 2

// ListenAddresses are where another machine may reach a listener of ListenTCP:
// its port at every address of an interface that is up, loopback last.
func ListenAddresses(listener net.Listener) wire.Addresses {
	at, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return nil
	}
	bound := at.AddrPort()
	var all, loopback wire.Addresses
	for _, ip := range interfaceAddresses() {
		if !wire.Dialable(ip) || ip.Is6() && bound.Addr().Is4() {
			continue
		}
		offer := netip.AddrPortFrom(ip, bound.Port())
		switch {
		case slices.Contains(all, offer) || slices.Contains(loopback, offer):
		case !ip.IsLoopback() && len(all) < wire.MaxAddresses-maxLoopback:
			all = append(all, offer)
		case ip.IsLoopback() && len(loopback) < maxLoopback:
			loopback = append(loopback, offer)
		}
	}
	return append(all, loopback...)
}

// interfaceAddresses are those of the interfaces that are up. An interface that
// goes away meanwhile is left out.
func interfaceAddresses() (all []netip.Addr) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addresses {
			if prefix, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(prefix.IP); ok {
					all = append(all, ip.Unmap())
				}
			}
		}
	}
	return all
}

// WorthDialling leaves out of the peer's addresses what cannot lead to it: its
// loopback addresses, unless both are plainly on one machine, because they share
// another address or one of them has no other.
func WorthDialling(theirs, ours wire.Addresses) wire.Addresses {
	others := func(list wire.Addresses) (ips []netip.Addr) {
		for _, at := range list {
			if !at.Addr().IsLoopback() {
				ips = append(ips, at.Addr())
			}
		}
		return ips
	}
	mine, peers := others(ours), others(theirs)
	shared := func(ip netip.Addr) bool { return slices.Contains(mine, ip) }
	if len(mine) == 0 || len(peers) == 0 || slices.ContainsFunc(peers, shared) {
		return theirs
	}
	return slices.DeleteFunc(slices.Clone(theirs), func(at netip.AddrPort) bool { return at.Addr().IsLoopback() })
}
