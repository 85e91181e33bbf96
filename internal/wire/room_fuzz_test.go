package wire

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"
)

// FuzzRoomFrame parses any bytes as each frame of the room protocol: what
// parses must append to the same bytes, what does not must say ErrMalformed.
func FuzzRoomFrame(f *testing.F) {
	for _, seed := range [][]byte{
		RoomWelcome{Flags: RoomPeerHere, Nonce: roomNonce(), STUN: "relay.example:3478"}.Append(nil),
		RoomWelcome{}.Append(nil),
		RoomError{Code: RoomUsed, Message: "Ask for a new code."}.Append(nil),
		{byte(RoomJoinedKind)},
		{byte(RoomLeftKind)},
		{byte(RoomBurnKind)},
		{byte(RoomCloseKind)},
		{byte(RoomAskTURNKind)},
		RoomTURN{Lifetime: time.Hour, Username: "1:a", Password: "b", Servers: []TURNServer{{TURNUDP, ":1"}}}.Append(nil),
		{byte(RoomForwardKind), 1, 2, 3},
		{},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ParseRoomKind(b); err != nil && !errors.Is(err, ErrMalformed) {
			t.Fatalf("kind: %v", err)
		}
		w, err := ParseRoomWelcome(b)
		if err == nil && !bytes.Equal(w.Append(nil), b) || err != nil && !errors.Is(err, ErrMalformed) {
			t.Fatalf("welcome %+v of %x: %v", w, b, err)
		}
		e, err := ParseRoomError(b)
		if err == nil && !bytes.Equal(e.Append(nil), b) || err != nil && !errors.Is(err, ErrMalformed) {
			t.Fatalf("error %+v of %x: %v", e, b, err)
		}
		turn, err := ParseRoomTURN(b)
		switch {
		case err != nil && !errors.Is(err, ErrMalformed):
			t.Fatalf("TURN servers %+v of %x: %v", turn, b, err)
		case err == nil: // what is reserved does not come back
			if back, err := ParseRoomTURN(turn.Append(nil)); err != nil || !reflect.DeepEqual(back, turn) {
				t.Fatalf("TURN servers %+v came back %+v, %v", turn, back, err)
			}
		}
	})
}

// FuzzOpenBody parses any bytes as each JSON body: what parses must survive
// the way out and back in.
func FuzzOpenBody(f *testing.F) {
	for _, seed := range [][]byte{
		OpenRequest{Nonce: roomNonce(), Nameplate: "7"}.Append(nil),
		OpenReply{Nameplate: "7", Ticket: roomNonce(), Expires: time.Hour}.Append(nil),
		Refusal{Code: RoomTaken, Message: "Taken."}.Append(nil),
		RelayHealth{Service: RelayService, Status: "ok", Rooms: 3}.Append(nil),
		[]byte(`{}`),
		[]byte(`null`),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseOpenRequest(b); err == nil {
			if back, err := ParseOpenRequest(r.Append(nil)); err != nil || back != r {
				t.Fatalf("request %+v came back %+v, %v", r, back, err)
			}
		} else if !errors.Is(err, ErrMalformed) {
			t.Fatalf("request: %v", err)
		}
		if r, err := ParseOpenReply(b); err == nil {
			if back, err := ParseOpenReply(r.Append(nil)); err != nil || back != r {
				t.Fatalf("reply %+v came back %+v, %v", r, back, err)
			}
		} else if !errors.Is(err, ErrMalformed) {
			t.Fatalf("reply: %v", err)
		}
		if h, err := ParseRelayHealth(b); err == nil {
			if back, err := ParseRelayHealth(h.Append(nil)); err != nil || !reflect.DeepEqual(back, h) {
				t.Fatalf("health %+v came back %+v, %v", h, back, err)
			}
		}
		if _, err := ParseRefusal(b); err != nil && !errors.Is(err, ErrMalformed) {
			t.Fatalf("refusal: %v", err)
		}
	})
}
