// Package nettest has no code but tests: they build the tallow command and run
// it between machines, as people do.
//
//	command_test.go   builds and runs the command, reads its events
//	compare_test.go   compares what was sent with what has arrived
//	netns_test.go     network namespaces: machines and cables
//	network_test.go   the networks that are made of them, and transfers in them
//	nat_test.go       two machines behind NATs, with and without UDP
//	nearby_test.go    no relay: one network, one machine
//	cable_test.go     the cable is pulled, for good or for a while
//	real_test.go      a source tree of 10,000 files and more, files of a gigabyte
//
// They need Linux, and all but real_test.go need root, iproute2 and nftables.
// Without those they are skipped, unless TALLOW_TEST_REQUIRE_NET=1 says that
// this is a failure. Nothing that they make has a name outside of the process:
// it is gone when the process is, however that ends.
package nettest
