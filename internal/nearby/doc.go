// Package nearby lets a receiver find a sender that runs its own relay, on the
// same network or on the same machine, by the nameplate of the code alone.
//
// It is multicast DNS (RFC 6762) with service discovery (RFC 6763): the sender
// announces the instance NAMEPLATE._tallow._tcp.local with the port of its relay,
// and the receiver asks for exactly that instance, so no other answers count. A
// nameplate says nothing about the secret words.
//
//	S  Announce(7, port)  answers on every interface, loopback included
//	R  Find(7)            asks on every interface; every answer is a candidate
//
// Both notice when the machine changes its network. An answer is not trusted: it
// is only an address where a relay may be, to be tried with rendezvous.First.
// Start with Announce (announce.go) and Find (find.go).
package nearby
