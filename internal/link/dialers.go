//go:build !js

package link

import "github.com/tallow-transfer/tallow/internal/wire"

// newDialers returns a dialer for each kind of direct lane that the Config
// allows.
func (l *Link) newDialers() ([]dialer, error) {
	var all []dialer
	if l.config.Lanes&wire.LaneTCP != 0 && !l.config.Private {
		d, err := newTCPDialer(l)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	if l.config.Lanes&wire.LaneWebRTC != 0 {
		all = append(all, newWebRTCDialer(l))
	}
	return all, nil
}
