// Package lane defines what a lane is made of: a Carrier, which is a reliable,
// ordered transport of whole records between the two peers, and the Traits by
// which a session chooses among its lanes. Package session uses both and knows
// no carrier by name, so a new kind of carrier needs a package here and nothing
// there.
//
//	relayed    through the relay's room; always up first
//	tcp        a TCP connection between the two machines
//	webrtc     a WebRTC data channel, and a long-haul connection over the same path
//	lanetest   the tests that every carrier passes
//
// A carrier never sees a record's key or plaintext: what it transports is sealed
// already. Start with Carrier.
package lane
