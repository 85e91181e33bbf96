package link

import (
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// newDialers makes the dialers of the direct lanes that a browser has: webrtc,
// over the page's RTCPeerConnection.
func (l *Link) newDialers() ([]dialer, error) {
	if l.config.Lanes&wire.LaneWebRTC == 0 {
		return nil, nil
	}
	return []dialer{newWebRTCDialer(l)}, nil
}

// addAssociations does nothing: a browser's connection has its data channel
// alone.
func (l *Link) addAssociations(*webrtc.Conn, *session.Lane) {}
