package link

import (
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// newDialers returns the dialer of the one kind of direct lane that a browser
// has: webrtc, over the page's RTCPeerConnection.
func (l *Link) newDialers() ([]dialer, error) {
	if l.config.Lanes&wire.LaneWebRTC == 0 {
		return nil, nil
	}
	return []dialer{newWebRTCDialer(l)}, nil
}

// attachConnection makes a lane of a connection: in a browser it has only its data
// channel.
func (l *Link) attachConnection(id uint32, connection *webrtc.Conn) error {
	return l.attach(id, wire.LaneWebRTC, connection)
}
