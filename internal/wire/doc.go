// Package wire has every message and frame of tallow. Each message is one small
// type, with its Append and Parse side by side and its byte layout in its comment.
// The package does no input or output and holds no keys. It is for everything that
// talks to a peer or a relay. docs/protocol.md is the same from the outside.
//
// What is sent, from the outside in:
//
//	room frame        peer <-> relay       room.go       the relay reads this, and nothing below
//	  handshake       peer <-> peer        handshake.go  M1..M4 and Q1..Q3, in the clear
//	  record          peer <-> peer        record.go     sealed: control or data
//	    control       in control records   control.go    reliable, in order; carries one message:
//	      session     lanes                hello.go, signal.go
//	      transfer    transfer.go is the list; offer.go ... finish.go
//	    data          in data records      data.go       segments of blocks
//
// Conventions: integers are big-endian; strings are UTF-8 after a 16-bit length; a parser takes exactly one message, checks every length against its
// limit before using it, and refuses left-over bytes. Parsed values may alias
// the input where the comment says so.
package wire
