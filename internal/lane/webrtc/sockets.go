//go:build !js

package webrtc

import (
	"net"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"github.com/tallow-transfer/tallow/internal/trunk"
)

// sockets is the network that ICE sees: the system's, with the UDP sockets of a
// trunk for all kinds of candidates.
type sockets struct {
	*stdnet.Net
	trunk *trunk.Trunk
}

func newSockets(t *trunk.Trunk) (*sockets, error) {
	system, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return &sockets{system, t}, nil
}

// ListenPacket opens the socket for a TURN server.
func (s *sockets) ListenPacket(network, address string) (net.PacketConn, error) {
	local, err := net.ResolveUDPAddr(network, address)
	if err != nil {
		return nil, err
	}
	return s.trunk.Listen(network, local)
}

// DialTCP connects to a TURN server.
func (s *sockets) DialTCP(network string, local, remote *net.TCPAddr) (transport.TCPConn, error) {
	return s.trunk.Dial(network, local, remote)
}

// ListenUDP opens a socket of the trunk.
func (s *sockets) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	return s.trunk.Listen(network, local)
}
