// Package ratchet seals the messages that two devices leave for each other. Every
// message has a key of its own. Whoever learns the state of a device reads neither
// what was opened before nor, soon, what comes after.
//
// It is Signal's Triple Ratchet (Perrin, Marlinspike and Schmidt, "The Double Ratchet
// Algorithm", revision 3, 2025): the Double Ratchet with header encryption (section
// 4, X25519) and beside it a Sparse Post-Quantum Ratchet (section 5, ML-KEM-768). A
// message key is made of a key of each (section 6), so it holds as long as one of
// them does. Two things are simpler here. A message has room for a whole ML-KEM key or
// ciphertext, so neither is cut into pieces. And all messages have the same size,
// so that a relay that keeps them learns nothing from it.
//
// There are no signatures: that a message opens proves to the other device who made
// it, and to nobody else, as that device could have made it too.
//
// Every message has a random salt, which its keys depend on. A device that was
// restored from a backup, or two copies of one, thus never use a key for two
// contents. What they seal after the other device has moved on does not open.
//
// Start with [Session]: [Initiator] and [Responder] make one, Seal and Open use it.
// dh.go is the one ratchet, kem.go the other with its states as a table, and
// message.go the bytes.
package ratchet
