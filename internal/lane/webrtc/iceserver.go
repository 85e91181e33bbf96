package webrtc

// ICEServer is a server that helps ICE to find a path (RFC 8445): a STUN server,
// which tells a peer its address as others see it. A TURN server, which relays,
// would have a credential beside its address.
type ICEServer struct {
	Address string // HOST:PORT, by UDP
}

// URL returns the server as a URL (RFC 7064).
func (s ICEServer) URL() string { return "stun:" + s.Address }
