package wire

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const otherRoomHex = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

func otherRoomBytes() [16]byte {
	return [16]byte{0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff}
}

func TestRoomSeatBytes(t *testing.T) {
	ticket, id, name := Ticket(roomNonce()), roomNonce(), otherRoomBytes()
	for _, tc := range []struct {
		seat RoomSeat
		want string
	}{
		{RoomSeat{Nameplate: "7"}, "nameplate=7"},
		{RoomSeat{Nameplate: "123456789", Ticket: &ticket}, "nameplate=123456789&ticket=" + roomNonceHex},
		{RoomSeat{Nameplate: "7", Ticket: &Ticket{}}, "nameplate=7&ticket=" + strings.Repeat("0", 32)},
		{RoomSeat{Resume: &id}, "resume=" + roomNonceHex},
		{RoomSeat{Resume: &id, Peer: &name}, "resume=" + roomNonceHex + "&peer=" + otherRoomHex},
	} {
		got := tc.seat.Append(nil)
		if string(got) != tc.want {
			t.Errorf("Append: %s, want %s", got, tc.want)
		}
		if back, err := ParseRoomSeat(got); err != nil || !reflect.DeepEqual(back, tc.seat) {
			t.Errorf("%s came back as %+v, %v", got, back, err)
		}
	}
	withMore := "later=1&resume=" + strings.ToUpper(otherRoomHex)
	if got, err := ParseRoomSeat([]byte(withMore)); err != nil || got.Resume == nil || *got.Resume != otherRoomBytes() || got.Peer != nil {
		t.Errorf("%s: %+v, %v", withMore, got, err)
	}
}

func TestRoomSeatRefuses(t *testing.T) {
	for _, query := range []string{
		"", "later=1", "nameplate=", "nameplate=07", "nameplate=seven", "ticket=" + roomNonceHex,
		"nameplate=7&ticket=", "nameplate=7&ticket=00", "nameplate=7&ticket=" + roomNonceHex + "0",
		"nameplate=7&peer=" + roomNonceHex,
		"nameplate=7&resume=" + roomNonceHex, "nameplate=&resume=" + roomNonceHex,
		"resume=", "resume=" + roomNonceHex[1:], "resume=" + roomNonceHex + "00", "resume=g" + roomNonceHex[1:],
		"resume=" + roomNonceHex + "&peer=", "resume=" + roomNonceHex + "&peer=7",
		"resume=" + roomNonceHex + "&ticket=" + roomNonceHex,
		"peer=" + roomNonceHex,
		"resume=%zz", "resume=" + roomNonceHex + ";peer=" + roomNonceHex,
	} {
		if seat, err := ParseRoomSeat([]byte(query)); !errors.Is(err, ErrMalformed) || !reflect.DeepEqual(seat, RoomSeat{}) {
			t.Errorf("%q: %+v, %v", query, seat, err)
		}
	}
}

// FuzzRoomSeat parses any query: what parses must survive the way out and back
// in, what does not must say ErrMalformed.
func FuzzRoomSeat(f *testing.F) {
	for _, seed := range []string{
		"nameplate=7",
		"nameplate=7&ticket=" + roomNonceHex,
		"resume=" + roomNonceHex,
		"resume=" + roomNonceHex + "&peer=" + otherRoomHex,
		"resume=%30&nameplate=7",
		"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		seat, err := ParseRoomSeat(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%q: %v", b, err)
			}
			return
		}
		if back, err := ParseRoomSeat(seat.Append(nil)); err != nil || !reflect.DeepEqual(back, seat) {
			t.Fatalf("%q came back as %+v, %v", seat.Append(nil), back, err)
		}
	})
}
