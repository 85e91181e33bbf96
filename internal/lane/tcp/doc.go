// Package tcp is the carrier over a TCP connection from machine to machine. It
// needs sockets, so in a browser the package is empty.
//
//	conn.go      the carrier: records behind their lengths
//	address.go   the addresses to tell the peer, and those worth dialing
//	dial.go      Dial races all addresses of the peer
//	serve.go     Listen and Serve accept connections from anyone
//	peer.go      the exchange that authenticates the peer on a new connection
//
// The messages of that exchange are in package wire, and the proofs in them in
// package handshake. Start with Dial and Serve.
package tcp
