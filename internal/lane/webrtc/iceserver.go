package webrtc

import "github.com/tallow-transfer/tallow/internal/wire"

// ICEServer is a server that helps ICE to find a path (RFC 8445): a STUN server,
// which tells a peer its address as others see it, or a TURN server, which relays.
type ICEServer struct {
	Address string // HOST:PORT

	// Transport, Username and Password are those of a TURN server. A STUN server has
	// none, and is reached by UDP.
	Transport          wire.TURNTransport
	Username, Password string
}

// IsTURN reports whether the server relays.
func (s ICEServer) IsTURN() bool { return s.Transport != 0 }

// URL returns the server as a URL (RFC 7064, RFC 7065).
func (s ICEServer) URL() string {
	switch s.Transport {
	case wire.TURNUDP:
		return "turn:" + s.Address + "?transport=udp"
	case wire.TURNTCP:
		return "turn:" + s.Address + "?transport=tcp"
	case wire.TURNTLS:
		return "turns:" + s.Address + "?transport=tcp"
	}
	return "stun:" + s.Address
}
