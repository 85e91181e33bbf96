// Package lane makes the carriers that a session attaches: reliable, ordered
// transports of whole records between the two peers.
//
//	relayed.go   through the room of the relay, always there first
//	tcp.go       a TCP connection; tcpdial.go and tcpserve.go make it,
//	             tcppeer.go has both ends prove themselves first
//	webrtc.go    a WebRTC data channel, set up with sealed signals by
//	             negotiate.go; association.go has SCTP associations beside it,
//	             over the same path
//
// This is the only package that imports pion/webrtc. Nothing here sees a
// record's key or plaintext: what a carrier transports is sealed already.
package lane
