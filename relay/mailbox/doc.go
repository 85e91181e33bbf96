// Package mailbox keeps the small sealed messages that two devices leave each other at
// a relay: each in a slot of its own, whose id only the two can compute and which is
// used once. It learns neither what is in a message nor who wrote it.
//
//	Box     what may be done; it is what a relay's routes call
//	Store   the messages, behind an interface: Memory here; packages sqlitebox and redisbox
//
// Slots are secrets of the devices: who knows one can fetch and remove its message. A
// Store gets only a hash of them, its Key.
//
// Start with [New]. Package mailboxtest has the suite that every Store passes.
package mailbox
