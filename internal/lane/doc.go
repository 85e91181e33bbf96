// Package lane makes the carriers that a session attaches: reliable, ordered
// transports of whole records between the two peers.
//
//	relayed.go   through the room of the relay, always there first
//	webrtc.go    a WebRTC data channel, set up with sealed signals
//
// This is the only package that imports pion/webrtc. Nothing here sees a key or
// a plaintext: what a carrier transports is sealed already.
package lane
