// Package session connects two peers after their handshake. It seals and opens
// records, carries control messages exactly once and in order even if a lane
// dies, decides which lanes carry data, and notices when the peer is gone. It
// knows nothing of files, and nothing of how a lane is made: it sees a carrier
// and its traits (package lane).
//
//	Session                  two peers and their keys                      session.go
//	  Attach                 lanes come and go                             lanes.go
//	    Lane, SendData       one carrier of records                        lane.go
//	    its liveness         heartbeats and timeouts                       liveness.go
//	    AwaitActive          which lanes carry data                        policy.go
//	  Send, Receive          control messages, reliable and in order       control.go
//	    both halves          queue and acknowledgements; reordering        controlsend.go, controlreceive.go
//	  flow control           what is in flight on a lane, and on a path    window.go, pathwindow.go
//	    its measurements     the delivery rate                             rate.go
//	  Keys                   record keys, counters, epochs                 keys.go
//
// Start with Session and New.
package session
