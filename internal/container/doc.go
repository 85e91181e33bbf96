// Package container seals a sequence of bytes of any length, so that it can lie
// where others can read and change it: a file that tallow encrypt made, or what a
// relay stores. docs/protocol.md, section 15, is the same from the outside.
//
//	header    132 bytes     the parameters, and the key if a password wraps it
//	offer     65,568 bytes  what is in it, for somebody who decides whether to fetch the rest
//	segment   8,390,672     at most 128 chunks of 64 KiB under one key of their own
//	segment   ...
//
// The chunks are those of the STREAM construction (Hoang, Reyhanitabar, Rogaway and
// Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance",
// 2015): the position and whether it is the last one are in the nonce of each, so
// that chunks that are cut off, repeated, moved or put in from elsewhere are noticed.
// Every chunk can be opened alone. Every chunk is full: what is sealed is padded, so
// that the length tells little.
//
// A segment has a salt of its own. An upload that is resumed seals a segment again
// with another salt, and so never uses a key and a nonce for two contents.
//
// Start with [New] and [Writer] to seal, with [ParseHeader], [Reader] and [ReaderAt]
// to open.
package container
