//go:build !js

package rendezvous

import (
	"net"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// A client's WebSocket frames are XORed with a key, a random one each (RFC 6455,
// section 5.3), so that what a page's script says is not what goes over the wire.
// Messages from plainLength bytes on are sealed records, about which nobody can decide
// anything. So they go under the key 0, which leaves the bytes as they are, and spares
// both sides touching them: that took a quarter of the processors' time in a relayed
// transfer. To a server it is a key like any other.
const plainLength = 4 << 10

// writePlain sends a message under the key 0. The caller has the turn.
func (s *webSocket) writePlain(kind byte, body []byte) error {
	var room [wire.MaxWebSocketHead + 1]byte
	head := append(wire.AppendWebSocketHead(room[:0], 1+len(body), true), kind)
	conn := s.conn.NetConn()
	if tcp, ok := conn.(*net.TCPConn); ok {
		parts := net.Buffers{head, body}
		_, err := parts.WriteTo(tcp)
		return err
	}
	s.frame = append(append(s.frame[:0], head...), body...) // TLS would send two records
	_, err := conn.Write(s.frame)
	return err
}
