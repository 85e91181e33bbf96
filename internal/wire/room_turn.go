package wire

import (
	"encoding/binary"
	"time"
)

// A peer that is in a room may ask the relay for TURN servers (RFC 8656) and a
// credential for them, if the welcome says that there are some (RoomHasTURN).
//
//	0x09                                                                  the request
//	0x0a | lifetime u32 seconds | username str16 | password str16
//	     | count u8 | count times: transport u8, address str16 | more     the answer
//
// What follows the servers is reserved and ignored. So are servers of transports
// without a name here.

// Limits of TURN, in bytes unless said otherwise.
const (
	MaxRoomTURNServers    = 8 // servers
	MaxRoomTURNCredential = 512
)

// TURNTransport is how a peer reaches a TURN server.
type TURNTransport uint8

// The transports.
const (
	TURNUDP TURNTransport = 1
	TURNTCP TURNTransport = 2
	TURNTLS TURNTransport = 3 // over TCP
)

// TURNServer is one TURN server. Its address is "HOST:PORT", or ":PORT" for a
// port of the relay's own host.
type TURNServer struct {
	Transport TURNTransport
	Address   string
}

// RoomTURN are TURN servers, and the credential that all of them accept. It may
// not be used for new allocations once Lifetime, whole seconds, is over. Those
// that exist by then stay.
type RoomTURN struct {
	Lifetime           time.Duration
	Username, Password string
	Servers            []TURNServer
}

// Append appends the frame to b.
func (t RoomTURN) Append(b []byte) []byte {
	b = append(b, byte(RoomTURNKind))
	b = binary.BigEndian.AppendUint32(b, uint32(t.Lifetime/time.Second))
	b = appendBytes16(b, t.Username)
	b = appendBytes16(b, t.Password)
	b = append(b, byte(len(t.Servers)))
	for _, s := range t.Servers {
		b = append(b, byte(s.Transport))
		b = appendBytes16(b, s.Address)
	}
	return b
}

// ParseRoomTURN parses a whole frame with TURN servers.
func ParseRoomTURN(b []byte) (RoomTURN, error) {
	c := cursor{rest: b}
	if kind := RoomKind(c.u8()); c.err == nil && kind != RoomTURNKind {
		c.fail("frame kind %#02x, TURN servers expected", uint8(kind))
	}
	t := RoomTURN{
		Lifetime: time.Duration(c.u32()) * time.Second,
		Username: c.text16(MaxRoomTURNCredential), Password: c.text16(MaxRoomTURNCredential),
	}
	count := int(c.u8())
	if c.err == nil && count > MaxRoomTURNServers {
		c.fail("%d TURN servers", count)
	}
	for range count {
		s := TURNServer{Transport: TURNTransport(c.u8()), Address: c.text16(MaxRoomSTUN)}
		if c.err != nil {
			return RoomTURN{}, c.err
		}
		if s.Transport >= TURNUDP && s.Transport <= TURNTLS {
			t.Servers = append(t.Servers, s)
		}
	}
	if c.err != nil {
		return RoomTURN{}, c.err
	}
	return t, nil
}
