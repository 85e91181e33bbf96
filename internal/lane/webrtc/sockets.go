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

// ListenUDP opens a socket of the trunk.
func (s *sockets) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	return s.trunk.Listen(network, local)
}
