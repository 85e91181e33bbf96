// Package link keeps two authenticated peers connected. It finds the room of a
// code, drives the handshake in it, sets up the lanes of the session, notices
// when the connection is lost, and reconnects, for as long as the transfer
// lasts. It knows nothing about files.
//
//	sender                         receiver
//	Listen   opens a room          Dial     joins the room of a code
//	Accept   waits, handshake               handshake
//	         -> Peer               Redial   the same after the process was killed
//	                                        -> Peer
//	Peer.Connect                   Peer.Connect
//	         -> Link                        -> Link
//
// A Link is a session.Session that has lanes:
//
//	the relayed lane     the room itself, at once               link.go
//	direct lanes         set up by sealed signals               direct.go, tcp.go, webrtc.go, iceservers.go
//	beside webrtc        a long-haul connection                  longhaul.go, choose.go
//	a lost connection    noticed, then made again               loss.go, reconnect.go
//	a restarted peer     another process of the receiver        restart.go
//
// Only locate.go decides where to look for a relay: for a code, for
// reconnecting, and for a receiver that was killed. A receiver that comes before
// the sender waits in search.go. A sender whose relay was restarted gets a new
// room in reopen.go. handshake.go drives every handshake. A [MeetingObserver]
// hears how the peers meet, and an [Observer] how the connection fares.
//
// Start reading with Listen (listen.go) and Dial (dial.go).
package link
