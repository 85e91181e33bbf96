// Package relay is the server where two peers meet. A relay is not trusted and
// needs no trust: it hands out nameplates, seats exactly two peers in a room,
// and passes sealed bytes from one to the other. It never sees the secret words
// of a code, and cannot read a file; that shows in what this package imports.
//
// It is made for whoever runs a server, as a command or inside another program:
//
//	r, err := relay.New(relay.Config{})
//	http.Handle("/", r)
//	…
//	err = r.Shutdown(ctx)
//
// ListenAndServe does all of it, with a STUN service on the UDP port of the same
// number. There is no TLS in it: put it behind a server that has (and see
// Config.TrustProxy).
//
//	S  POST /api/session {nonce}          -> {nameplate, ticket, expires}
//	S  GET  /ws?nameplate=7&ticket=…      -> welcome
//	R  GET  /ws?nameplate=7               -> welcome              S: joined
//	S  forward(x)                         -> R: forward(x)        and the other way round
//	S  burn                               nobody else can join
//	R  goes                               -> S: left
//	S  goes                               the room is burnt and empty, so it ends
//
// Two peers whose connections broke meet again in a resume room. Its id is their
// secret, so nobody opens it, and in it they are alike:
//
//	A  GET  /ws?resume=…&peer=…           -> welcome
//	B  GET  /ws?resume=…&peer=…           -> welcome              A: joined
//	A  GET  /ws?resume=…&peer=…           -> welcome              A's older connection: error, B: left, joined
//	A, B go                               the room is empty, so it ends
//
// Where to start reading: Relay (relay.go) and its routes (routes.go); the table
// of rooms (table.go, room.go, seat.go, resume.go), which knows no sockets; a peer's two loops
// (socket.go, inbound.go, outbound.go). The bytes of every message are in internal/wire/room.go.
package relay
