package wire

import (
	"encoding/hex"
	"net/url"
)

// RoomSeat is what a peer asks for when it connects to a room: the query of
// GET /ws. Parameters without a name here are ignored.
//
//	nameplate=7                             the receiver's seat in the room of a code
//	nameplate=7&ticket=<32 hex digits>      the sender's seat in it
//	resume=<32 hex digits>                  one of the two seats of a resume room
//	resume=<32 hex>&peer=<32 hex digits>    the same; the peer names itself
//
// A ticket, and the name of a peer in a resume room, show that a newcomer is the
// one who sits in the seat already: it gets that seat at once, and the older
// connection is closed, because its owner has lost it.
type RoomSeat struct {
	Nameplate string  // of a code's room; empty for a resume room
	Ticket    *Ticket // with a nameplate: the sender's; nil for the receiver

	Resume *[16]byte // the id of a resume room; nil for the room of a code
	Peer   *[16]byte // with Resume: random bytes of the process's own; nil for none
}

// Append appends the query, without a question mark, to b.
func (s RoomSeat) Append(b []byte) []byte {
	if s.Resume == nil {
		b = append(append(b, "nameplate="...), s.Nameplate...)
		return appendHexParameter(b, "&ticket=", (*[16]byte)(s.Ticket))
	}
	b = appendHexParameter(b, "resume=", s.Resume)
	return appendHexParameter(b, "&peer=", s.Peer)
}

func appendHexParameter(b []byte, name string, value *[16]byte) []byte {
	if value == nil {
		return b
	}
	return hex.AppendEncode(append(b, name...), value[:])
}

// ParseRoomSeat parses a query. One that names both kinds of rooms, or proves
// something of the other kind, is malformed.
func ParseRoomSeat(b []byte) (RoomSeat, error) {
	query, err := url.ParseQuery(string(b))
	if err != nil {
		return RoomSeat{}, malformed("not a query")
	}
	s := RoomSeat{Nameplate: query.Get("nameplate")}
	var ticket *[16]byte
	for _, p := range []struct {
		name string
		to   **[16]byte
	}{{"ticket", &ticket}, {"resume", &s.Resume}, {"peer", &s.Peer}} {
		if !query.Has(p.name) {
			continue
		}
		var value hex16
		if err := value.UnmarshalText([]byte(query.Get(p.name))); err != nil {
			return RoomSeat{}, err
		}
		*p.to = (*[16]byte)(&value)
	}
	s.Ticket = (*Ticket)(ticket)
	switch {
	case s.Resume == nil && !ValidNameplate(s.Nameplate):
		return RoomSeat{}, malformed("not a nameplate")
	case s.Resume == nil && s.Peer != nil:
		return RoomSeat{}, malformed("a peer's name without a resume room")
	case s.Resume != nil && (query.Has("nameplate") || s.Ticket != nil):
		return RoomSeat{}, malformed("a resume room has no nameplate and no ticket")
	}
	return s, nil
}
