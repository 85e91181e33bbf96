// Package trunk carries many flows of sealed datagrams over one UDP path.
//
// The path is the one that ICE has found for a WebRTC connection. The trunk makes
// the sockets that ICE tries, observes through which of them and to which address
// the connection sends, and sends there too. Datagrams that come in with the
// trunk's mark belong to the trunk. The others are passed to the connection, which
// is not aware of the trunk.
//
//	trunk.go    Trunk: sockets, keys, the path; opens and accepts flows
//	channel.go  the channels of a TURN server
//	stream.go   a TCP connection to a TURN server
//	socket.go   a UDP socket that separates the two kinds of datagrams
//	batch_*.go  many datagrams with one system call
//	outbox.go   the datagrams of all flows that wait to be sent
//	flow.go     Flow: a net.Conn of datagrams
//	packet.go   the sealed datagram
//	replay.go   the window against replays
//	sizes.go    how large a datagram may be
//
// A flow loses datagrams as UDP does. A protocol that needs all of them, such as
// SCTP, runs on top.
//
// It is for package lane. Start with [Trunk].
package trunk
