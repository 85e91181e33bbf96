// Package nettest contains only tests. They build the tallow command and run it
// between machines, as people do.
//
//	command_test.go   builds and runs the command, reads its events
//	compare_test.go   compares what was sent with what has arrived
//	netns_test.go     network namespaces as machines, and cables between them
//	network_test.go   networks of such machines, and transfers in them
//	nat_test.go       two machines behind NATs, with and without UDP
//	turn_test.go      the relay's TURN server, --private
//	turnlife_test.go  a transfer outlives the credential of its path through TURN
//	turntls_test.go   TURN by TLS
//	coturn_test.go    coturn's client and server instead of ours
//	nearby_test.go    no relay: on one network, on one machine
//	cable_test.go     the cable is pulled, permanently or for a while
//	ecn_test.go       routers that mark packets, and that clear the marks
//	address_test.go   a machine changes its address
//	devices_test.go   three paired devices and two relays, a copied device
//	devices_hostile_test.go  a relay whose mailbox is hostile
//	kill_test.go      sender, receiver and relay are killed at random moments
//	full_test.go      the receiver's disk is full
//	exfat_test.go     the receiver's disk is formatted with exFAT
//	real_test.go      a source tree of 10,000 files and more, files of a gigabyte
//	scale_test.go     very many files, large ones, long names
//	pipe_test.go      a stream from stdin to stdout, in constant memory and without a disk
//
// They need Linux. All but the tests of kills, real input, scale and pipes also need root,
// iproute2 and nftables, some coturn or exFAT's tools, and are skipped without them; TALLOW_TEST_REQUIRE_NET=1
// makes that a failure. The networks and disks that they make have no name outside
// of the process, and disappear with it however it ends.
//
// Some tests can be made larger: with TALLOW_TEST_KILLS=50 a process is killed at 50
// moments (TALLOW_TEST_SEED repeats those of an earlier run), and
// TALLOW_TEST_SCALE=1 sends a million files, and a stream of 10 GiB.
package nettest
