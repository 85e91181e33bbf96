// Package trunk carries many flows of sealed datagrams over one UDP path.
//
// The path is whatever ICE has found for a WebRTC connection: the trunk makes
// the sockets that ICE tries, sees through which of them and where the
// connection sends, and sends there too. What comes in with the trunk's mark is
// its own; the rest is the connection's, which notices nothing.
//
//	trunk.go    Trunk: sockets, keys, the path, flows that are opened and accepted
//	socket.go   a UDP socket that sorts what it reads, several datagrams a system call
//	outbox.go   what waits to be sent, from all flows, and goes in batches
//	flow.go     Flow: a net.Conn of datagrams
//	packet.go   the sealed datagram and the window against replays
//	probe.go    how large a datagram may be
//
// Start with Trunk. A flow loses datagrams, as UDP does: what needs them all
// runs a protocol on top.
package trunk
