package lane

import (
	"net"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"github.com/tallow-transfer/tallow/internal/trunk"
)

// sockets gives ICE the sockets of a trunk, for all kinds of candidates.
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

// ListenUDP opens a socket.
func (s *sockets) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	return s.trunk.Listen(network, local)
}
