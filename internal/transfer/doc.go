// Package transfer moves files over a session: what is offered, which blocks
// are missing, what is verified and in place. It reads and writes through small
// interfaces and never sees a socket, a key or a path of this machine.
//
//	Send                                        Receive
//	Offer, Manifest pages      -------->        decide, prepare (name gate, conflicts)
//	                           <--------        Accept, Have ..., Want a page
//	read, hash, queue, pump    ==data==>        assemble, verify, write
//	Same, End a file           -------->
//	                           <--------        Ack blocks, Settled files
//	                           <--------        Complete: all is synced
//	Done                       -------->
//
// Nothing waits for a round trip but the first page's Want: pages, blocks and
// acknowledgements are pipelined inside fixed windows, so memory is bounded
// whatever the number and size of the files.
//
// Start reading with Send (sender.go) and Receive (receiver.go).
package transfer
