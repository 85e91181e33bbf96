//go:build !js

package tcp

import (
	"net"
	"net/netip"
	"slices"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// maxLoopback is how many of the addresses may be loopback: one each of IPv4 and
// IPv6.
const maxLoopback = 2

// Addresses returns where another machine may reach a listener made by Listen:
// its port at every address of each interface that is up, loopback last.
func Addresses(listener net.Listener) wire.Addresses {
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

// interfaceAddresses returns the addresses of all interfaces that are up. It
// skips an interface that disappears meanwhile.
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

// Reachable returns those of the peer's addresses that may lead to it. It drops
// the loopback addresses, unless both peers are clearly on one machine: they
// share another address, or one of them has no other.
func Reachable(peer, own wire.Addresses) wire.Addresses {
	peerIPs, ownIPs := withoutLoopback(peer), withoutLoopback(own)
	shared := func(ip netip.Addr) bool { return slices.Contains(ownIPs, ip) }
	if len(ownIPs) == 0 || len(peerIPs) == 0 || slices.ContainsFunc(peerIPs, shared) {
		return peer
	}
	return slices.DeleteFunc(slices.Clone(peer), func(at netip.AddrPort) bool { return at.Addr().IsLoopback() })
}

func withoutLoopback(list wire.Addresses) (ips []netip.Addr) {
	for _, at := range list {
		if !at.Addr().IsLoopback() {
			ips = append(ips, at.Addr())
		}
	}
	return ips
}
