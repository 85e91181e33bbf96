// Package session keeps two peers in touch after their handshake. It seals and
// opens records, carries control messages exactly once and in order whatever
// happens to a lane, decides which lanes carry data, and notices when the other
// side is gone. It knows nothing of files, and nothing of how a lane is made.
//
//	Session                 two peers and their keys                     session.go
//	  Send, Receive         control messages, reliable and in order      control.go
//	  Attach                lanes come and go                            lanes.go
//	    Lane                a carrier of records, one per connection     lane.go
//	    Ready, SendData     when it may carry data, and one data record  policy.go
//	    how much at once    on a lane, and on those of one path          pace.go, share.go
//	  keys                  record keys, counters, epochs                keys.go
//
// Start reading with Session and New.
package session
