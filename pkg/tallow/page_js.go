package tallow

import (
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/vault"
)

// UsePage lets the client's webrtc lanes use RTCPeerConnections of a page, as
// workers have none; without it there are no such lanes. connect gets an
// RTCConfiguration, and returns a MessagePort to a new
// connection, which speaks what internal/lane/webrtc/page_js.go says. It is to be
// called before the first transfer. The peer is told that it is a page.
func (c *Client) UsePage(connect func(configuration map[string]any) js.Value) {
	c.link.Page = true
	c.link.NewPeerConnection = func(how webrtc.Configuration) (webrtc.PeerConnection, error) {
		return webrtc.NewPageConnection(connect(webrtc.PageConfiguration(how))), nil
	}
}

// RememberFailedCodes has the client remember in a store the codes that it has tried
// without success, as Config.StateDir does where there are files. It is to be called
// before the first transfer.
func (c *Client) RememberFailedCodes(store vault.FailedStore) {
	c.link.FailedCodes = vault.FailedCodes{Store: store}
}
