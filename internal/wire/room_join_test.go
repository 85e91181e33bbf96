package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

const otherRoomHex = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

func otherRoomBytes() [16]byte {
	return [16]byte{0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff}
}

const otherRoomRaw = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"

func TestRoomJoinBytes(t *testing.T) {
	for _, tc := range []struct {
		join RoomJoin
		want string
	}{
		{RoomJoin{Role: RoomReceiver, Nameplate: "7"}, "\x08\x02\x01\x017"},
		{RoomJoin{Role: RoomReceiver, Nameplate: "123456789"}, "\x08\x02\x01\x09123456789"},
		{RoomJoin{Role: RoomSender, Nameplate: "123456789", Ticket: roomNonce()}, "\x08\x02\x02\x09123456789" + roomNonceBytes},
		{RoomJoin{Role: RoomSender, Nameplate: "7"}, "\x08\x02\x02\x017" + strings.Repeat("\x00", 16)},
		{RoomJoin{Role: RoomResumer, Resume: roomNonce(), Peer: otherRoomBytes()}, "\x08\x02\x03" + roomNonceBytes + otherRoomRaw},
		{RoomJoin{Role: RoomReceiver, Nameplate: "7", Password: "pass"}, "\x08\x02\x01\x017\x04pass"},
		{RoomJoin{Role: RoomResumer, Resume: roomNonce(), Peer: otherRoomBytes(), Password: strings.Repeat("p", 128)}, "\x08\x02\x03" + roomNonceBytes + otherRoomRaw + "\x80" + strings.Repeat("p", 128)},
	} {
		got := tc.join.Append(nil)
		if string(got) != tc.want {
			t.Errorf("Append: %x, want %x", got, tc.want)
		}
		if len(got) > MaxRoomJoin {
			t.Errorf("a join of %d bytes, at most %d expected", len(got), MaxRoomJoin)
		}
		if back, err := ParseRoomJoin(got); err != nil || back != tc.join {
			t.Errorf("%x came back as %+v, %v", got, back, err)
		}
		if kind, err := ParseRoomKind(got); kind != RoomJoinKind || err != nil {
			t.Errorf("kind %v, %v", kind, err)
		}
		if tc.join.Password == "" { // a join is whole without one
			roomRefusesEveryLength(t, got, func(b []byte) error { _, err := ParseRoomJoin(b); return err })
		}
	}
}

func TestRoomJoinRefuses(t *testing.T) {
	for name, frame := range map[string]string{
		"nothing":                   "",
		"another kind":              "\x01\x02\x01\x017",
		"role 0":                    "\x08\x02\x00\x017",
		"role 4":                    "\x08\x02\x04" + roomNonceBytes + roomNonceBytes,
		"no nameplate":              "\x08\x02\x01\x00",
		"a leading zero":            "\x08\x02\x01\x0207",
		"no number":                 "\x08\x02\x01\x05seven",
		"ten digits":                "\x08\x02\x01\x0a1234567890",
		"a receiver with a ticket":  "\x08\x02\x01\x017" + roomNonceBytes,
		"a sender without":          "\x08\x02\x02\x017",
		"a sender with half of it":  "\x08\x02\x02\x017" + roomNonceBytes[:8],
		"a resumer without its own": "\x08\x02\x03" + roomNonceBytes,
		"an empty password":         "\x08\x02\x01\x017\x00",
		"half a password":           "\x08\x02\x01\x017\x04pa",
		"a password too long":       "\x08\x02\x01\x017\x81" + strings.Repeat("p", 129),
		"a password not UTF-8":      "\x08\x02\x01\x017\x01\xff",
	} {
		if join, err := ParseRoomJoin([]byte(frame)); !errors.Is(err, ErrMalformed) || join != (RoomJoin{}) {
			t.Errorf("%s: %+v, %v", name, join, err)
		}
	}
	_, err := ParseRoomJoin([]byte("\x08\x03anything"))
	var version RoomVersionError
	if !errors.As(err, &version) || version != 3 || !errors.Is(err, ErrMalformed) {
		t.Errorf("version 3: %v", err)
	}
}

// FuzzRoomJoin parses any bytes: what parses must append to the same bytes,
// what does not must say ErrMalformed.
func FuzzRoomJoin(f *testing.F) {
	for _, seed := range []RoomJoin{
		{Role: RoomReceiver, Nameplate: "7"},
		{Role: RoomSender, Nameplate: "123456789", Ticket: roomNonce()},
		{Role: RoomResumer, Resume: roomNonce(), Peer: otherRoomBytes()},
		{Role: RoomReceiver, Nameplate: "7", Password: "pass"},
	} {
		f.Add(seed.Append(nil))
	}
	f.Add([]byte("\x08\x03"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		join, err := ParseRoomJoin(b)
		switch {
		case err != nil && !errors.Is(err, ErrMalformed):
			t.Fatalf("%x: %v", b, err)
		case err == nil && !bytes.Equal(join.Append(nil), b):
			t.Fatalf("%x became %+v", b, join)
		case err == nil && len(b) > MaxRoomJoin:
			t.Fatalf("a join of %d bytes", len(b))
		}
	})
}

func TestRoomJoinAuthorization(t *testing.T) {
	join := RoomJoin{Role: RoomReceiver, Nameplate: "7"}
	if got, want := join.Authorization(), "Tallow CAIBATc"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, value := range []string{"Tallow CAIBATc", "TALLOW CAIBATc"} {
		if got, found, err := ParseRoomAuthorization(value); got != join || !found || err != nil {
			t.Errorf("%q: %+v, %t, %v", value, got, found, err)
		}
	}
	for _, other := range []string{"", "Basic dGFsbG93", "Tallowy CAIBATc", "CAIBATc"} {
		if got, found, err := ParseRoomAuthorization(other); got != (RoomJoin{}) || found || err != nil {
			t.Errorf("%q: %+v, %t, %v", other, got, found, err)
		}
	}
	for _, malformed := range []string{
		"Tallow", "Tallow ", "Tallow  CAIBATc", "Tallow CAIBATc=", "Tallow CAIBATd", "Tallow CAIB\nATc", "Tallow CAI+ATc",
		"Tallow CAIB", "Tallow " + strings.Repeat("A", 220),
	} {
		if got, found, err := ParseRoomAuthorization(malformed); got != (RoomJoin{}) || !found || !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %+v, %t, %v", malformed, got, found, err)
		}
	}
}

// FuzzRoomAuthorization parses any header: what parses must be that very header
// again, what does not must say ErrMalformed.
func FuzzRoomAuthorization(f *testing.F) {
	f.Add("Tallow CAIBATc")
	f.Add(RoomJoin{Role: RoomResumer, Resume: roomNonce(), Peer: otherRoomBytes()}.Authorization())
	f.Add("Basic dGFsbG93")
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		join, found, err := ParseRoomAuthorization(value)
		switch {
		case err != nil && (!found || !errors.Is(err, ErrMalformed)):
			t.Fatalf("%q: %t, %v", value, found, err)
		case err == nil && found:
			_, want, _ := strings.Cut(join.Authorization(), " ")
			if _, got, _ := strings.Cut(value, " "); got != want {
				t.Fatalf("%q became %q", value, want)
			}
		}
	})
}
