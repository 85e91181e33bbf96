// Package wire has every message and frame of tallow: one small type a
// message, with its Append and Parse side by side and its byte layout in its
// comment. It does no input or output and holds no keys.
//
// What is sent, from the outside in:
//
//	room frame        peer <-> relay       room.go       the relay reads this, and nothing below
//	  handshake       peer <-> peer        handshake.go  M1..M4, in the clear
//	  record          peer <-> peer        record.go     sealed: control or data
//	    control       in control records   control.go    reliable, in order; carries one message:
//	      session     lanes                hello.go, signal.go
//	      transfer    transfer.go is the list; offer.go ... finish.go
//	    data          in data records      data.go       segments of blocks
//
// Conventions: integers are big-endian; strings are UTF-8 behind a 16-bit
// length; a parser takes exactly one message, checks every length against its
// limit before using it, and refuses left-over bytes. Parsed values may alias
// the input where the comment says so.
package wire
