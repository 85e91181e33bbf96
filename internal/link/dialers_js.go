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

// beside is what a connection carries beside its data channel: in a browser nothing.
type beside struct{ link *Link }

func newBeside(l *Link) beside { return beside{l} }

func (beside) start(*webrtc.Conn) {}

func (beside) stop() {}

// attachChannel makes a lane of the data channel.
func (b beside) attachChannel(id uint32, connection *webrtc.Conn) error {
	return b.link.attach(id, wire.LaneWebRTC, connection)
}
