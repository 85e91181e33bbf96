package wire

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/tallow-transfer/tallow/internal/vectortest"
)

// fields is a message as people read it: names in lower case, bytes in
// hexadecimal, numbers and words as they are.
func fields(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Struct:
		m := make(map[string]any)
		for i := range v.NumField() {
			m[fieldName(v.Type().Field(i).Name)] = fields(v.Field(i))
		}
		return m
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			b := make([]byte, v.Len())
			reflect.Copy(reflect.ValueOf(b), v)
			return hex.EncodeToString(b)
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = fields(v.Index(i))
		}
		return list
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int64:
		return v.Int()
	default:
		return v.Uint()
	}
}

// fieldName is "block_len" for BlockLen and "mtime" for MTime.
func fieldName(name string) string {
	var out strings.Builder
	lower := false
	for _, r := range name {
		if lower && unicode.IsUpper(r) {
			out.WriteByte('_')
		}
		lower = unicode.IsLower(r)
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

type messageVector struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	From    string `json:"from"`
	Fields  any    `json:"fields"`
	Bytes   string `json:"bytes"`
}

func TestTransferVectors(t *testing.T) {
	file := struct {
		Comment  string          `json:"comment"`
		Messages []messageVector `json:"messages"`
	}{Comment: "Every control message, and segments, as docs/protocol.md has them. bytes is hexadecimal, and so are fields that hold bytes; the message is what a control record carries behind its head, and a segment is what a data record carries one or more of. Numbers may need 64 bits."}
	for _, c := range messageCases() {
		file.Messages = append(file.Messages, messageVector{
			Name:    c.name,
			Message: strings.ToLower(reflect.TypeOf(c.message).Name()),
			From:    c.from,
			Fields:  fields(reflect.ValueOf(c.message)),
			Bytes:   hex.EncodeToString(c.bytes(t)), // held against Append by TestMessageBytes
		})
	}
	vectortest.Check(t, "transfer.json", file)
}

// roomFrames are frames and bodies of the room protocol, written down by hand.
func roomFrames() []messageCase {
	payload := func(kind RoomKind, p string) plainFrame { return plainFrame(string(byte(kind)) + p) }
	return []messageCase{
		{
			"welcome", "relay",
			RoomWelcome{Flags: RoomPeerHere, Nonce: roomNonce(), STUN: ":3478"},
			parserOf(ParseRoomWelcome),
			"01 02 01" + roomNonceHex + "0005 ':3478'",
		},
		{
			"welcome, alone, no STUN", "relay",
			RoomWelcome{Nonce: roomNonce()},
			parserOf(ParseRoomWelcome),
			"01 02 00" + roomNonceHex + "0000",
		},
		{
			"welcome, the code has 3 words", "relay",
			RoomWelcome{Flags: RoomPeerHere, Words: 3, Nonce: roomNonce()},
			parserOf(ParseRoomWelcome),
			"01 02 11" + roomNonceHex + "0000",
		},
		{
			"welcome, the relay has TURN servers", "relay",
			RoomWelcome{Flags: RoomHasTURN, Nonce: roomNonce(), STUN: ":3478"},
			parserOf(ParseRoomWelcome),
			"01 02 02" + roomNonceHex + "0005 ':3478'",
		},
		{"ask for TURN servers", "peer", payload(RoomAskTURNKind, ""), parserOf(parsePlain), "09"},
		{
			"TURN servers", "relay",
			RoomTURN{Lifetime: time.Hour, Username: "1800000000:kayak", Password: "secret", Servers: []TURNServer{
				{TURNUDP, ":8080"}, {TURNTLS, "turn.relay.example:443"},
			}},
			parserOf(ParseRoomTURN),
			"0a 00000e10 0010 '1800000000:kayak' 0006 'secret' 02 01 0005 ':8080' 03 0016 'turn.relay.example:443'",
		},
		{"joined", "relay", payload(RoomJoinedKind, ""), parserOf(parsePlain), "02"},
		{"left", "relay", payload(RoomLeftKind, ""), parserOf(parsePlain), "03"},
		{
			"error", "relay",
			RoomError{Code: RoomUsed, Message: "Ask for a new code."},
			parserOf(ParseRoomError),
			"04 03 0000 0013 'Ask for a new code.'",
		},
		{
			"error, try again after 90 s", "relay",
			RoomError{Code: RoomRate, Retry: 90 * time.Second, Message: "Wait."},
			parserOf(ParseRoomError),
			"04 07 005a 0005 'Wait.'",
		},
		{"forward", "either", payload(RoomForwardKind, "payload"), parserOf(parsePlain), "05 'payload'"},
		{"burn", "sender", payload(RoomBurnKind, ""), parserOf(parsePlain), "06"},
		{"close", "sender", payload(RoomCloseKind, ""), parserOf(parsePlain), "07"},
		{
			"join as the receiver", "receiver",
			RoomJoin{Role: RoomReceiver, Nameplate: "7"},
			parserOf(ParseRoomJoin),
			"08 02 01 01 '7'",
		},
		{
			"join as the receiver, longest nameplate", "receiver",
			RoomJoin{Role: RoomReceiver, Nameplate: "987654321"},
			parserOf(ParseRoomJoin),
			"08 02 01 09 '987654321'",
		},
		{
			"join as the sender", "sender",
			RoomJoin{Role: RoomSender, Nameplate: "42", Ticket: roomNonce()},
			parserOf(ParseRoomJoin),
			"08 02 02 02 '42'" + roomNonceHex,
		},
		{
			"join a resume room", "either",
			RoomJoin{Role: RoomResumer, Resume: roomNonce(), Peer: otherRoomBytes()},
			parserOf(ParseRoomJoin),
			"08 02 03" + roomNonceHex + otherRoomHex,
		},
		{
			"join as the receiver, with the password of the relay", "receiver",
			RoomJoin{Role: RoomReceiver, Nameplate: "7", Password: "password"},
			parserOf(ParseRoomJoin),
			"08 02 01 01 '7' 08 'password'",
		},
	}
}

// plainFrame is a frame of which this package knows only the kind.
type plainFrame string

func (f plainFrame) Append(b []byte) []byte { return append(b, f...) }

func parsePlain(b []byte) (plainFrame, error) {
	_, err := ParseRoomKind(b)
	return plainFrame(b), err
}

func roomBodies() []messageCase {
	return []messageCase{
		{
			"POST /api/session", "sender",
			OpenRequest{Nonce: roomNonce()},
			parserOf(ParseOpenRequest),
			`'{"nonce":"` + roomNonceHex + `"}'`,
		},
		{
			"POST /api/session for a nameplate", "sender",
			OpenRequest{Nonce: roomNonce(), Nameplate: "7"},
			parserOf(ParseOpenRequest),
			`'{"nonce":"` + roomNonceHex + `","nameplate":"7"}'`,
		},
		{
			"POST /api/session for a code of 3 words", "sender",
			OpenRequest{Nonce: roomNonce(), Words: 3},
			parserOf(ParseOpenRequest),
			`'{"nonce":"` + roomNonceHex + `","words":3}'`,
		},
		{
			"POST /api/session of a closed relay", "sender",
			OpenRequest{Nonce: roomNonce(), Password: "password"},
			parserOf(ParseOpenRequest),
			`'{"nonce":"` + roomNonceHex + `","password":"password"}'`,
		},
		{
			"status 201", "relay",
			OpenReply{Nameplate: "7", Ticket: roomNonce(), Expires: time.Hour},
			parserOf(ParseOpenReply),
			`'{"nameplate":"7","ticket":"` + roomNonceHex + `","expires":3600}'`,
		},
		{
			"status 409", "relay",
			Refusal{Code: RoomTaken, Message: "That nameplate is taken."},
			parserOf(ParseRefusal),
			`'{"error":"taken","message":"That nameplate is taken."}'`,
		},
		{
			"GET /api/health", "relay",
			RelayHealth{Service: RelayService, Status: "ok", Version: "v1.0.0", Protocol: 2, Rooms: 3, MaxRooms: 10000, Uptime: 86400},
			parserOf(ParseRelayHealth),
			`'{"service":"tallow-relay","status":"ok","version":"v1.0.0","protocol":2,"rooms":3,"max_rooms":10000,"uptime":86400}'`,
		},
	}
}

type frameVector struct {
	Name          string `json:"name"`
	From          string `json:"from"`
	Bytes         string `json:"bytes"`
	Authorization string `json:"authorization,omitempty"` // the header that carries a join
}

type bodyVector struct {
	Name string `json:"name"`
	From string `json:"from"`
	Body string `json:"body"`
}

func TestRoomVectors(t *testing.T) {
	file := struct {
		Comment string        `json:"comment"`
		Frames  []frameVector `json:"frames"`
		Bodies  []bodyVector  `json:"bodies"`
	}{Comment: "The room protocol, as docs/protocol.md has it: WebSocket messages in hexadecimal, the header that may carry a join, and JSON bodies of HTTP. The nonce, the ticket and the id of the resume room are 000102…0f, the peer's id is f0f1f2…ff."}
	for _, c := range append(roomFrames(), roomBodies()...) {
		b := c.bytes(t)
		if got := c.message.Append(nil); !bytes.Equal(got, b) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, b)
		}
		if got, err := c.parse(b); err != nil || !reflect.DeepEqual(got, c.message) {
			t.Errorf("%s: parsed as %+v, %v", c.name, got, err)
		}
	}
	for _, c := range roomFrames() {
		v := frameVector{Name: c.name, From: c.from, Bytes: hex.EncodeToString(c.bytes(t))}
		if join, ok := c.message.(RoomJoin); ok {
			v.Authorization = join.Authorization()
			if back, found, err := ParseRoomAuthorization(v.Authorization); back != join || !found || err != nil {
				t.Errorf("%s: the header came back as %+v, %t, %v", c.name, back, found, err)
			}
		}
		file.Frames = append(file.Frames, v)
	}
	for _, c := range roomBodies() {
		file.Bodies = append(file.Bodies, bodyVector{c.name, c.from, string(c.bytes(t))})
	}
	vectortest.Check(t, "room.json", file)
}
