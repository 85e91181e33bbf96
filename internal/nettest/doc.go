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
//	address_test.go   a machine changes its address
//	kill_test.go      sender, receiver and relay are killed at random moments
//	full_test.go      the receiver's disk is full
//	real_test.go      a source tree of 10,000 files and more, files of a gigabyte
//	scale_test.go     very many files, large ones, long names
//
// They need Linux, and but for the tests of kills, real input and scale they
// need root, iproute2 and nftables. Without those they are skipped, unless
// TALLOW_TEST_REQUIRE_NET=1 says that this is a failure. No network or disk that
// they make has a name outside of the process: it is gone when the process is,
// however that ends.
//
// Two of them can do more than they do every time: TALLOW_TEST_KILLS=50 kills at
// as many moments (TALLOW_TEST_SEED draws the same ones again), and
// TALLOW_TEST_SCALE=1 sends a million files.
package nettest
