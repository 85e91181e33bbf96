package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func roomNonce() [16]byte {
	return [16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
}

const (
	roomNonceBytes = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
	roomNonceHex   = "000102030405060708090a0b0c0d0e0f"
)

func TestRoomWelcomeBytes(t *testing.T) {
	for _, tc := range []struct {
		name string
		w    RoomWelcome
		want string
	}{
		{"alone, no STUN", RoomWelcome{Nonce: roomNonce()}, "\x01\x02\x00" + roomNonceBytes + "\x00\x00"},
		{"peer here", RoomWelcome{Flags: RoomPeerHere, Nonce: roomNonce(), STUN: ":3478"}, "\x01\x02\x01" + roomNonceBytes + "\x00\x05:3478"},
		{"3 words", RoomWelcome{Words: 3, Nonce: roomNonce()}, "\x01\x02\x10" + roomNonceBytes + "\x00\x00"},
		{"16 words, peer here", RoomWelcome{Flags: RoomPeerHere, Words: 16, Nonce: roomNonce()}, "\x01\x02\x79" + roomNonceBytes + "\x00\x00"},
		{"flags of later", RoomWelcome{Flags: 0x82, Nonce: roomNonce(), STUN: "h:1"}, "\x01\x02\x82" + roomNonceBytes + "\x00\x03h:1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.w.Append(nil)
			if string(got) != tc.want {
				t.Fatalf("Append: %x, want %x", got, tc.want)
			}
			back, err := ParseRoomWelcome(got)
			if err != nil || back != tc.w {
				t.Fatalf("Parse: %+v, %v", back, err)
			}
			if kind, err := ParseRoomKind(got); kind != RoomWelcomeKind || err != nil {
				t.Fatalf("kind %v, %v", kind, err)
			}
			roomRefusesEveryLength(t, got, func(b []byte) error { _, err := ParseRoomWelcome(b); return err })
		})
	}
}

// roomRefusesEveryLength checks that no shorter and no longer message parses.
func roomRefusesEveryLength(t *testing.T, whole []byte, parse func([]byte) error) {
	t.Helper()
	for n := range len(whole) {
		if err := parse(whole[:n]); !errors.Is(err, ErrMalformed) {
			t.Errorf("the first %d of %d bytes: %v", n, len(whole), err)
		}
	}
	if err := parse(append(bytes.Clone(whole), 0)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a byte too many: %v", err)
	}
}

func TestRoomWelcomeRefuses(t *testing.T) {
	good := RoomWelcome{Nonce: roomNonce()}
	wrongVersion := good.Append(nil)
	wrongVersion[1] = 3
	_, err := ParseRoomWelcome(wrongVersion)
	var version RoomVersionError
	if !errors.As(err, &version) || version != 3 || !errors.Is(err, ErrMalformed) {
		t.Errorf("version 3: %v", err)
	}
	for name, w := range map[string]RoomWelcome{
		"long STUN":      {STUN: strings.Repeat("a", MaxRoomSTUN+1)},
		"STUN not UTF-8": {STUN: "\xff:1"},
	} {
		if _, err := ParseRoomWelcome(w.Append(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseRoomWelcome(RoomError{Code: RoomFull}.Append(nil)); !errors.Is(err, ErrMalformed) {
		t.Errorf("an error frame: %v", err)
	}
}

func TestRoomErrorBytes(t *testing.T) {
	for code := RoomErrorCode(1); code <= RoomExhausted; code++ {
		e := RoomError{Code: code, Retry: 258 * time.Second, Message: "Später."}
		got := e.Append(nil)
		want := "\x04" + string(byte(code)) + "\x01\x02\x00\x08Sp\xc3\xa4ter."
		if string(got) != want {
			t.Fatalf("Append: %x, want %x", got, want)
		}
		back, err := ParseRoomError(got)
		if err != nil || back != e {
			t.Fatalf("Parse: %+v, %v", back, err)
		}
		roomRefusesEveryLength(t, got, func(b []byte) error { _, err := ParseRoomError(b); return err })
	}
	for name, b := range map[string][]byte{
		"code 0":       RoomError{}.Append(nil),
		"long message": RoomError{Code: 1, Message: strings.Repeat("a", MaxRoomText+1)}.Append(nil),
		"not UTF-8":    RoomError{Code: 1, Message: "\xff"}.Append(nil),
		"another kind": RoomWelcome{}.Append(nil),
	} {
		if _, err := ParseRoomError(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRoomErrorCodeText(t *testing.T) {
	words := []string{
		"", "unknown", "full", "used", "taken", "too-large", "malformed", "rate", "expired", "closing", "ticket", "replaced",
		"idle", "version", "withdrawn", "quota", "password", "denied", "busy",
	}
	for i, word := range words[1:] {
		code := RoomErrorCode(i + 1)
		if code.String() != word {
			t.Errorf("code %d is %q, want %q", code, code.String(), word)
		}
		var back RoomErrorCode
		if err := back.UnmarshalText([]byte(word)); err != nil || back != code {
			t.Errorf("%q is %v, %v", word, back, err)
		}
	}
	if got := RoomErrorCode(200).String(); got != "code 200" {
		t.Errorf("a code of later is %q", got)
	}
	back := RoomFull
	if err := back.UnmarshalText([]byte("word-of-later")); err != nil || back != 0 {
		t.Errorf("a word of later is %v, %v", back, err)
	}
}

func TestParseRoomKind(t *testing.T) {
	forward := make([]byte, MaxRoomFrame+1)
	forward[0] = byte(RoomForwardKind)
	for _, tc := range []struct {
		name string
		b    []byte
		want RoomKind
	}{
		{"joined", []byte{2}, RoomJoinedKind},
		{"left", []byte{3}, RoomLeftKind},
		{"burn", []byte{6}, RoomBurnKind},
		{"close", []byte{7}, RoomCloseKind},
		{"forward, empty", forward[:1], RoomForwardKind},
		{"forward, longest", forward[:MaxRoomFrame], RoomForwardKind},
		{"forward, too long", forward, 0},
		{"nothing", nil, 0},
		{"kind 0", []byte{0}, 0},
		{"join, the largest", append([]byte{8}, make([]byte, MaxRoomJoin-1)...), RoomJoinKind},
		{"join, too large", append([]byte{8}, make([]byte, MaxRoomJoin)...), 0},
		{"ask for TURN servers", []byte{9}, RoomAskTURNKind},
		{"the same with a body", []byte{9, 0}, 0},
		{"TURN servers", []byte{10, 0}, RoomTURNKind},
		{"kind 11", []byte{11}, 0},
		{"burn with a body", []byte{6, 0}, 0},
		{"joined with a body", []byte{2, 0}, 0},
	} {
		got, err := ParseRoomKind(tc.b)
		if got != tc.want || (tc.want == 0) != errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, %v", tc.name, got, err)
		}
	}
}

func TestOpenBodies(t *testing.T) {
	request := OpenRequest{Nonce: roomNonce(), Nameplate: "7"}
	if got, want := string(request.Append(nil)), `{"nonce":"`+roomNonceHex+`","nameplate":"7"}`; got != want {
		t.Errorf("request %s, want %s", got, want)
	}
	if got, want := string(OpenRequest{Nonce: roomNonce()}.Append(nil)), `{"nonce":"`+roomNonceHex+`"}`; got != want {
		t.Errorf("request %s, want %s", got, want)
	}
	if got, want := string(OpenRequest{Nonce: roomNonce(), Words: 3}.Append(nil)), `{"nonce":"`+roomNonceHex+`","words":3}`; got != want {
		t.Errorf("request %s, want %s", got, want)
	}
	for words := range MaxRoomWords + 2 {
		sent := OpenRequest{Nonce: roomNonce(), Words: words}
		back, err := ParseOpenRequest(sent.Append(nil))
		if good := words == 0 || words >= MinRoomWords && words <= MaxRoomWords; good != (err == nil) || good && back != sent {
			t.Errorf("%d words: %+v, %v", words, back, err)
		}
	}
	reply := OpenReply{Nameplate: "7", Ticket: roomNonce(), Expires: time.Hour}
	if got, want := string(reply.Append(nil)), `{"nameplate":"7","ticket":"`+roomNonceHex+`","expires":3600}`; got != want {
		t.Errorf("reply %s, want %s", got, want)
	}
	refusal := Refusal{Code: RoomTaken, Message: "Taken."}
	if got, want := string(refusal.Append(nil)), `{"error":"taken","message":"Taken."}`; got != want {
		t.Errorf("refusal %s, want %s", got, want)
	}
	health := RelayHealth{Service: RelayService, Status: "ok", Version: "v1", Protocol: 2, Rooms: 3, MaxRooms: 9, Uptime: 5, Checks: map[string]string{"rooms": "ok"}}
	if got, want := string(health.Append(nil)), `{"service":"tallow-relay","status":"ok","version":"v1","protocol":2,"rooms":3,"max_rooms":9,"uptime":5,"checks":{"rooms":"ok"}}`; got != want {
		t.Errorf("health %s, want %s", got, want)
	}
	if back, err := ParseRelayHealth(health.Append(nil)); err != nil || !reflect.DeepEqual(back, health) {
		t.Errorf("health back: %+v, %v", back, err)
	}
	if back, err := ParseOpenRequest(request.Append(nil)); err != nil || back != request {
		t.Errorf("request back: %+v, %v", back, err)
	}
	if back, err := ParseOpenReply(reply.Append(nil)); err != nil || back != reply {
		t.Errorf("reply back: %+v, %v", back, err)
	}
	if back, err := ParseRefusal(refusal.Append(nil)); err != nil || back != refusal {
		t.Errorf("refusal back: %+v, %v", back, err)
	}
	if got := Ticket(roomNonce()).String(); got != roomNonceHex {
		t.Errorf("ticket %s, want %s", got, roomNonceHex)
	}
}

func TestOpenBodiesRefuse(t *testing.T) {
	long := `{"nonce":"` + roomNonceHex + `","pad":"` + strings.Repeat(" ", MaxRoomBody) + `"}`
	for _, b := range []string{
		``, `null`, `7`, `[]`, `{}`, `{"nonce":null}`, `{"nonce":7}`, `{"nonce":""}`,
		`{"nonce":"` + roomNonceHex[1:] + `"}`, `{"nonce":"` + roomNonceHex + `0"}`, `{"nonce":"x` + roomNonceHex[1:] + `"}`,
		`{"nonce":"` + roomNonceHex + `","nameplate":"07"}`, `{"nonce":"` + roomNonceHex + `","nameplate":"7a"}`,
		`{"nonce":"` + roomNonceHex + `","words":-1}`, `{"nonce":"` + roomNonceHex + `","words":"3"}`,
		`{"nonce":"` + roomNonceHex + `"} {}`, long,
	} {
		if r, err := ParseOpenRequest([]byte(b)); !errors.Is(err, ErrMalformed) {
			t.Errorf("request %.80s: %+v, %v", b, r, err)
		}
	}
	ticket := `"ticket":"` + roomNonceHex + `"`
	for _, b := range []string{
		`{}`, `{"nameplate":"7"}`, `{` + ticket + `}`, `{"nameplate":"0",` + ticket + `}`,
		`{"nameplate":"7",` + ticket + `,"expires":-1}`, `{"nameplate":"7",` + ticket + `,"expires":99999999999}`,
	} {
		if r, err := ParseOpenReply([]byte(b)); !errors.Is(err, ErrMalformed) {
			t.Errorf("reply %s: %+v, %v", b, r, err)
		}
	}
	if e, err := ParseRefusal([]byte(`{"message":"` + strings.Repeat("a", MaxRoomText+1) + `"}`)); !errors.Is(err, ErrMalformed) {
		t.Errorf("long refusal: %+v, %v", e, err)
	}
	if e, err := ParseRefusal([]byte(`{"error":"not-found","message":"m"}`)); err != nil || e.Code != 0 {
		t.Errorf("a word without a code: %+v, %v", e, err)
	}
	for _, b := range []string{``, `{}`, `{"status":"ok"}`, `{"service":"other","status":"ok"}`} {
		if h, err := ParseRelayHealth([]byte(b)); !errors.Is(err, ErrMalformed) {
			t.Errorf("health %s: %+v, %v", b, h, err)
		}
	}
}

func TestValidNameplate(t *testing.T) {
	for _, s := range []string{"1", "7", "42", "100", "999999999"} {
		if !ValidNameplate(s) {
			t.Errorf("%q refused", s)
		}
	}
	for _, s := range []string{"", "0", "07", "1234567890", "-1", "+1", "1 ", "1a", "٧", "1.5"} {
		if ValidNameplate(s) {
			t.Errorf("%q accepted", s)
		}
	}
}
