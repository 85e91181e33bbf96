// Package webrtc is the carrier over a WebRTC data channel, for peers behind
// NATs, and the long-haul connection beside it on the same path.
//
//	dial.go         Dial negotiates a connection: offer, answer and candidates
//	                travel as sealed signals; it knows no implementation of WebRTC
//	port.go         PeerConnection, what Dial needs of one
//	conn.go         the carrier
//	iceserver.go    STUN and TURN servers
//	private.go      signals without an address of this machine
//	pion.go         the native implementation; sockets.go and trunkkey.go put its
//	                UDP sockets under a trunk (package trunk)
//	longhaul.go     the carrier over the trunk, native as well
//	page_js.go      a connection of a page, for a worker in a browser
//
// In a browser nothing of pion is linked, and there is only the data channel. Start
// with Dial.
package webrtc
