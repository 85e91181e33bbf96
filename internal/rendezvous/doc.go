// Package rendezvous is the client of a relay's room. It finds the relay that the
// user named, opens or joins a room there, and then carries opaque payloads to the
// other peer and back, with backpressure all the way.
//
// Both peers use it: first for the handshake and for signalling, later as the
// carrier under the relayed lane. It knows nothing of what it carries. The relay
// is not trusted: everything that it says is checked, and bounded, before use.
//
//	S  Client.Open  -> POST /api/session -> GET /ws, join(nameplate, ticket)  -> Room
//	R  Client.Join  ->                      GET /ws, join(nameplate)          -> Room
//
// Once they have a session, both can meet again without the code. Either can join
// its room again when only the connection to the relay broke:
//
//	Client.Resume  -> GET /ws, join(id, peer)           -> Room
//	Client.Rejoin  -> GET /ws, the join of an old Room  -> Room
//
// The WebSocket is a port (conn.go): gorilla's on machines with sockets
// (websocket.go), the browser's in a browser (websocket_js.go).
//
// Start with Client (client.go) and Room (room.go). ParseRelay (endpoint.go) reads
// the address of a relay. The frames themselves are in wire/room.go.
package rendezvous
