// Package storeclient is the client of a relay's store: of the transfers that wait
// there for a receiver. docs/protocol.md, section 16, is the same from the outside.
//
//	sender    Create -> PutPart, PutPart, ... -> Complete;  State, Extend, Delete
//	receiver  Offer -> Claim -> Data, Data, ... -> Commit
//
// It sends and gets sealed bytes and knows nothing of what is in them. The relay is not
// trusted: what it answers is checked and bounded before use. Nothing is tried again
// here: who calls decides that, by [Passing].
//
// Start with [Client].
package storeclient
