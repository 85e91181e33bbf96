// Package rendezvous is a peer's side of a relay's room: it finds the relay
// that the user named, opens or joins a room there, and then carries opaque
// payloads to the other peer and back, with backpressure all the way.
//
// Both peers use it: first for the handshake and for signalling, later as the
// carrier under the relayed lane. It knows nothing of what it carries. The relay
// is not trusted: whatever it says is checked, and bounded, before use.
//
//	S  Client.Open  -> POST /api/session -> GET /ws?nameplate=7&ticket=…  -> Room
//	R  Client.Join  ->                      GET /ws?nameplate=7           -> Room
//
// Once they have a session, both can meet again without the code; and either can
// take its seat again when only its connection to the relay broke:
//
//	Client.Resume  -> GET /ws?resume=…&peer=…    -> Room
//	Client.Retake  -> the GET /ws of an old Room -> Room
//
// Start with Client (client.go) and Room (room.go); ParseRelay (endpoint.go) has
// the rules of --relay. The frames themselves are in wire/room.go.
package rendezvous
