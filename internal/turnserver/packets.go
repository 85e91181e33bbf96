package turnserver

import (
	"errors"
	"net"
	"net/netip"

	"github.com/pion/stun/v4"
)

// maxReadFailures is of reads in a row, after which a socket counts as broken.
const maxReadFailures = 100

// packets is the UDP socket of the server. It answers STUN Binding requests, and
// passes on as many other requests of a source as are allowed, because each is
// answered, also if the source is forged.
type packets struct {
	net.PacketConn
	binding func(packet []byte, from netip.AddrPort) (answer []byte)
	allow   func(netip.Addr) bool
}

// ReadFrom returns the next datagram for the TURN server.
func (p *packets) ReadFrom(b []byte) (int, net.Addr, error) {
	for failures := 0; ; {
		n, from, err := p.PacketConn.ReadFrom(b)
		if err != nil {
			// The failure of an earlier answer may show as an error of a read.
			if failures++; failures > maxReadFailures || errors.Is(err, net.ErrClosed) {
				return 0, nil, err
			}
			continue
		}
		failures = 0
		source, ok := from.(*net.UDPAddr)
		if !ok {
			continue
		}
		packet := b[:n]
		switch {
		case isBinding(packet):
			if answer := p.binding(packet, source.AddrPort()); answer != nil {
				_, _ = p.WriteTo(answer, from) // if it is lost, the peer asks again
			}
		case isRequest(packet) && !p.allow(source.AddrPort().Addr()):
		default:
			return n, from, nil
		}
	}
}

// isRequest reports whether a datagram is a STUN request of any method (RFC 8489,
// section 5).
func isRequest(packet []byte) bool {
	return len(packet) >= 2 && packet[0]&0xc0 == 0 && messageType(packet).Class == stun.ClassRequest
}

// isBinding reports whether a datagram is a STUN message about bindings, which only
// the relay's STUN service handles.
func isBinding(packet []byte) bool {
	return len(packet) >= 2 && packet[0]&0xc0 == 0 && messageType(packet).Method == stun.MethodBinding
}

func messageType(packet []byte) (t stun.MessageType) {
	t.ReadValue(uint16(packet[0])<<8 | uint16(packet[1]))
	return t
}
