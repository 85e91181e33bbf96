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

// probe is a socket that asks on one interface, from one of its addresses: the
// answers come back to that address, past whoever else uses multicast DNS here.
type probe struct {
	conn *net.UDPConn
	to   *net.UDPAddr
}

// openProbes opens a probe for each interface that is up, for IPv4 and for IPv6.
// What cannot be opened is left out.
func openProbes() ([]probe, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var probes []probe
	for _, ifi := range interfaces {
		if ifi.Flags&net.FlagUp == 0 || ifi.Flags&(net.FlagMulticast|net.FlagLoopback) == 0 {
			continue
		}
		addrs, err := ifi.Addrs()
		if err != nil {
			continue
		}
		four, six := choose(addrs)
		if p, ok := openProbe4(ifi, four); ok && len(probes) < maxProbes {
			probes = append(probes, p)
		}
		if p, ok := openProbe6(ifi, six); ok && len(probes) < maxProbes {
			probes = append(probes, p)
		}
	}
	return probes, nil
}

// choose takes an interface's address to ask from, of each kind; for IPv6 a
// link-local one before any other, since the question does not leave the link.
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
	if !from.IsValid() {
		return probe{}, false
	}
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)))
	if err != nil {
		return probe{}, false
	}
	packets := ipv4.NewPacketConn(conn)
	if packets.SetMulticastInterface(&ifi) != nil || packets.SetMulticastLoopback(true) != nil {
		_ = conn.Close()
		return probe{}, false
	}
	_ = packets.SetMulticastTTL(hops) // responders may insist, but hardly any does
	return probe{conn, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: port}}, true
}

func openProbe6(ifi net.Interface, from netip.Addr) (probe, bool) {
	if !from.IsValid() {
		return probe{}, false
	}
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
