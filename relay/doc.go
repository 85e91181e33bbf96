// Package relay is the server where two peers meet. A relay needs no trust: it
// hands out nameplates, lets exactly two peers into a room, and passes sealed
// bytes from one to the other. It never sees the secret words of a code and
// cannot read a file, which shows in what this package imports.
//
// It is for everyone who runs a server, as a command or inside another program:
//
//	r, err := relay.New(relay.Config{})
//	http.Handle("/", r)
//	…
//	err = r.Shutdown(ctx)
//
// ListenAndServe does all of this, with a STUN service, and TURN if Config.TURN is set,
// on the UDP port of the same number. It serves HTTPS if Config.TLS is set; else put it
// behind a server that has TLS (see Access.TrustedProxies).
//
//	S  POST /api/session {nonce}          -> {nameplate, ticket, expires}
//	S  GET  /ws, join(7, ticket)          -> welcome
//	R  GET  /ws, join(7)                  -> welcome              S: joined
//	R  forward(x)                         -> S: forward(x)        and the other way round
//	S  burn                               nobody else can join
//	R  leaves                             -> S: left
//	S  leaves                             the room is burnt and empty, so it ends
//
// A receiver that joins and sends nothing is disconnected after a while (idle.go).
//
// Two peers whose connections broke meet again in a resume room. Its id is their
// secret, so nobody opens it, and they have no roles:
//
//	A  GET  /ws, join(id, A)              -> welcome
//	B  GET  /ws, join(id, B)              -> welcome              A: joined
//	A  GET  /ws, join(id, A)              -> welcome              A's older connection: error, B: left, joined
//	A, B leave                            the room is empty, so it ends
//
// Several relays may be nodes that share their rooms (Config.Cluster). A peer that
// comes to one for a room of another is passed on.
//
// Where to start reading: Relay (relay.go) and its routes (routes.go); the table
// of rooms (table.go, room.go, join.go, resume.go), which knows no sockets; how a
// peer connects (websocket.go), its two loops (socket.go, inbound.go, outbound.go), and
// how most messages get past the second (direct.go). For several nodes: which one has a room (node.go, beat.go, records.go),
// and how a peer gets there (pass.go, passed.go). TURN is in turn.go, and its server in
// internal/turnserver. The mailbox is in box.go, and what is behind it in package mailbox. The bytes of every message are in internal/wire/room.go.
package relay
