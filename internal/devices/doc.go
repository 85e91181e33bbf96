// Package devices keeps the machines that this one is paired with, and seals and opens
// what they leave for each other at a relay.
//
// Two machines that were paired share a secret. From it come a ratchet (package
// ratchet), which seals the messages, and two sequences of slots, one for each
// direction: the places at the relay where the messages lie. A slot is used once, and
// nobody else can tell whose it is or which others belong to it.
//
// All of it is sealed with the device key (package sealeddb) in one SQLite database
// that any number of processes share. A change is on the disk before what it is for
// leaves the machine, so that no key is used twice after a crash.
//
// Start with [Open], [Invite] and [Accept] to pair, [Store.Seal] and [Store.Open] to
// say something to each other. [Store.Resolve] finds the devices of a group. docs/protocol.md
// has the bytes.
package devices
