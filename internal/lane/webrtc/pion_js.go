//go:build js

package webrtc

import "errors"

// newPion fails: in a browser Options.New is needed.
func newPion(Configuration) (PeerConnection, error) {
	return nil, errors.New("this program has no WebRTC of its own")
}
