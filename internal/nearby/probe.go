package nearby

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const (
	maxProbes = 64  // sockets; machines with many containers have many interfaces
	hops      = 255 // RFC 6762 section 11
)

// probe is a socket that asks on one interface, from one of its addresses. The
// answers come back to that address, and not to the other users of multicast DNS
// on this machine.
type probe struct {
	conn *net.UDPConn
	to   *net.UDPAddr
}

// origin is where a probe asks from.
type origin struct {
	index int // of the interface
	from  netip.Addr
}

// openProbe opens a probe, unless the interface refuses it.
func openProbe(ifi net.Interface, from netip.Addr) (probe, bool) {
	if from.Is4() {
		return openProbe4(ifi, from)
	}
	return openProbe6(ifi, from)
}

// choose returns the address of each family from which to ask on an interface. For
// IPv6 it prefers a link-local one, since the question does not leave the link.
func choose(addrs []net.Addr) (four, six netip.Addr) {
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(ipnet.IP)
		ip = ip.Unmap()
		switch {
		case !ok:
		case ip.Is4() && !four.IsValid():
			four = ip
		case ip.Is6() && (!six.IsValid() || ip.IsLinkLocalUnicast() && !six.IsLinkLocalUnicast()):
			six = ip
		}
	}
	return four, six
}

func openProbe4(ifi net.Interface, from netip.Addr) (probe, bool) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)))
	if err != nil {
		return probe{}, false
	}
	packets := ipv4.NewPacketConn(conn)
	if packets.SetMulticastInterface(&ifi) != nil || packets.SetMulticastLoopback(true) != nil {
		_ = conn.Close()
		return probe{}, false
	}
	_ = packets.SetMulticastTTL(hops) // few responders check it
	return probe{conn, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: port}}, true
}

func openProbe6(ifi net.Interface, from netip.Addr) (probe, bool) {
	if from.IsLinkLocalUnicast() {
		from = from.WithZone(ifi.Name)
	}
	conn, err := net.ListenUDP("udp6", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)))
	if err != nil {
		return probe{}, false
	}
	packets := ipv6.NewPacketConn(conn)
	if packets.SetMulticastInterface(&ifi) != nil || packets.SetMulticastLoopback(true) != nil {
		_ = conn.Close()
		return probe{}, false
	}
	_ = packets.SetMulticastHopLimit(hops)
	return probe{conn, &net.UDPAddr{IP: net.ParseIP("ff02::fb"), Port: port, Zone: ifi.Name}}, true
}
