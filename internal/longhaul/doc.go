// Package longhaul is a connection of messages over a flow of datagrams, for paths that
// are long, fast, and lose a little.
//
// TCP with CUBIC, and SCTP, take a loss for congestion, so on such a path they use a
// fraction of it. This connection models the path instead: how much it delivers, and
// how long a round trip takes without a queue (BBR, draft-ietf-ccwg-bbr). It reacts to
// loss when there is more of it than the path has of its own. What is lost is noticed
// by time (RACK, RFC 8985) and sent again at once.
//
//	sender                                  receiver
//	PING                      -------->
//	                          <--------     ACK; PING
//	DATA DATA DATA (lost) ... -------->
//	                          <--------     ACK, with ranges
//	DATA (again, new number)  -------->
//	WANT a larger window      -------->
//	                          <--------     WINDOW, as the reader reads
//	CLOSE                     -------->
//
// Both directions carry a stream, and are alike. The flow has to protect datagrams from
// being read, changed and made by others; package trunk does that.
//
//	conn.go       Conn: goroutines, a clock, blocking calls; nothing else
//	endpoint.go   the state machine of one end; packets.go makes its packets
//	frames.go     the packet, byte by byte; varint.go its integers
//	acks.go       which packets have arrived, and when to say so
//	sent.go       the packets that were sent; rack.go decides which are lost
//	rtt.go        the round-trip time; rate.go the rate of delivery
//	bbr*.go       how fast to send, and how much may be in flight
//	ecn.go        whether the network may mark packets, and what it did
//	pacer.go      spreads packets over time
//	mtu.go        how large a packet may be
//	outgoing.go   the stream to the peer; incoming.go the one from it
//	buffer.go     the bytes of a stream; ranges.go sets of integers
//
// An endpoint has neither goroutines nor a clock, so the tests run it for hours of
// simulated time over paths with loss, reordering, shallow and deep queues, policers
// and competitors (sim_test.go).
//
// Start with [New].
package longhaul
