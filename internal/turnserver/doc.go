// Package turnserver is the relay's TURN server (RFC 8656): peers between which no
// direct path exists send each other UDP through it.
//
//	server.go       Server: the engine is pion/turn, on a UDP socket and a TCP listener
//	credential.go   short-lived credentials, which the relay gives to peers in rooms
//	addresses.go    the addresses to which nothing is relayed
//	ports.go        the relayed addresses: ports of a range, quotas, rates
//	packets.go      the UDP socket: STUN requests are answered and limited here
//	connections.go  the TCP listener: how many connections, how long they may be silent
//
// Everything that a client sends is hostile. What a credential does not allow is
// refused by pion/turn; what costs an operator something is bounded here.
package turnserver
