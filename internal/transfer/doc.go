// Package transfer moves files over a session. It decides what is offered, which
// blocks are missing, and when a file is verified and in place. It reads and
// writes through the interfaces of package files, and never sees a socket, a key
// or a path of this machine.
//
//	Send                                        Receive
//	Offer, Manifest pages      -------->        decide, prepare (check names, conflicts)
//	                           <--------        Accept; for each page Have ..., Want
//	read, hash, queue, pump    ==data==>        assemble, verify, write
//	Same; End of each file     -------->
//	                           <--------        Ack of blocks, Settled files
//	                           <--------        Complete: everything is synced
//	Done                       -------->
//
// Only the Want of the first page costs a round trip. Pages, blocks and
// acknowledgements are pipelined within fixed windows, so that memory does not
// depend on the number and size of the files.
//
// Start with [Send] (sender.go) and [Receive] (receiver.go). The states of a
// transfer are in state.go.
package transfer
