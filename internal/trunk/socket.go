package trunk

import (
	"net"
	"net/netip"
	"sync"
)

// socketBuffer is the size in bytes that is requested for the kernel's buffer of
// each direction. Datagrams that do not fit are lost.
const socketBuffer = 4 << 20

// Socket is a UDP socket for ICE. Its Read methods return the datagrams of the
// connection; those of the trunk are handled inside.
type Socket struct {
	*net.UDPConn
	trunk *Trunk

	reading sync.Mutex
	batched
	scratch batch // used by the trunk's sender alone
}

// Listen opens a socket for ICE, which has to close it.
func (t *Trunk) Listen(network string, local *net.UDPAddr) (*Socket, error) {
	conn, err := net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(socketBuffer) // a smaller one only is slower
	_ = conn.SetWriteBuffer(socketBuffer)
	s := &Socket{UDPConn: conn, trunk: t}
	s.batched.init(conn)
	return s, nil
}

// isDTLS says whether a datagram carries the connection itself, unlike a
// connectivity check (RFC 7983).
func isDTLS(b []byte) bool { return len(b) > 0 && b[0] >= 20 && b[0] <= 63 }

// WriteToAddrPort sends a datagram of the connection.
func (s *Socket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if isDTLS(b) {
		s.trunk.follow(s, to, 0)
	} else if channel, data, ok := parseChannel(b); ok && isDTLS(data) {
		s.trunk.follow(s, to, channel)
	}
	return s.WriteToUDPAddrPort(b, to)
}

// WriteTo sends a datagram of the connection.
func (s *Socket) WriteTo(b []byte, to net.Addr) (int, error) {
	if udp, ok := to.(*net.UDPAddr); ok {
		return s.WriteToAddrPort(b, udp.AddrPort())
	}
	return s.UDPConn.WriteTo(b, to)
}

// WriteToUDP sends a datagram of the connection.
func (s *Socket) WriteToUDP(b []byte, to *net.UDPAddr) (int, error) {
	return s.WriteToAddrPort(b, to.AddrPort())
}

// send sends a batch, in a channel unless that is 0.
func (s *Socket) send(all batch, to netip.AddrPort, channel uint16) {
	if channel != 0 {
		all = all.inChannel(s.scratch.emptied(), channel, 1)
		s.scratch = all
	}
	s.batched.send(all, to)
}

// ReadFromAddrPort reads the next datagram of the connection.
func (s *Socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	for {
		packet, ecn, from, err := s.next(b)
		if err != nil {
			return 0, from, err
		}
		data := packet
		if _, inside, ok := parseChannel(packet); ok {
			data = inside
		}
		if !s.trunk.handle(data, ecn) {
			return copy(b, packet), from, nil
		}
	}
}

// ReadFrom reads the next datagram of the connection.
func (s *Socket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// ReadFromUDP reads the next datagram of the connection.
func (s *Socket) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) {
	n, from, err := s.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}
