// Package archive writes the files of a source as one sequence of bytes, and reads
// such a sequence into a destination: what is in a container. docs/protocol.md,
// section 15, is the same from the outside.
//
//	page      u16 length | Omitted message, if anything was left out
//	          u16 length | Manifest message
//	  content of each file of the page, in its order: its bytes, or the pieces of a stream
//	          outcome u8 | BLAKE3 of the file
//	page      ...
//	zeros     up to the end of the container
//
// Pages are as on the wire, so memory does not grow with the number or the size of the
// files, and the place of every byte is known once its page is. The sequence is
// authentic (package container), but whoever has the key may have written anything:
// what is read is hostile like what a peer sends.
//
// The offer is beside the sequence and tells what is in it, for somebody who decides
// whether to fetch it.
//
// Start with [Survey] and [Write] for a source, with [ParseOffer] and [Read] for a
// destination.
package archive
