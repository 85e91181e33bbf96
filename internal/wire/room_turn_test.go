package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func exampleTURN() RoomTURN {
	return RoomTURN{Lifetime: time.Minute, Username: "1:a", Password: "b", Servers: []TURNServer{{TURNUDP, ":8080"}, {TURNTCP, "h:1"}}}
}

// What a later version adds is ignored: fields at the end, and transports.
func TestRoomTURNIsExtensible(t *testing.T) {
	want := exampleTURN()
	got, err := ParseRoomTURN(append(want.Append(nil), 1, 2, 3))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("more at the end: %+v, %v", got, err)
	}
	more := want
	more.Servers = append([]TURNServer{{9, "h:2"}}, want.Servers...)
	got, err = ParseRoomTURN(more.Append(nil))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("another transport: %+v, %v", got, err)
	}
}

func TestMalformedRoomTURN(t *testing.T) {
	whole := exampleTURN().Append(nil)
	for n := range whole {
		if _, err := ParseRoomTURN(whole[:n]); !errors.Is(err, ErrMalformed) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	long := exampleTURN()
	long.Username = strings.Repeat("a", MaxRoomTURNCredential+1)
	many := exampleTURN()
	many.Servers = make([]TURNServer, MaxRoomTURNServers+1)
	for name, b := range map[string][]byte{
		"a long username": long.Append(nil), "many servers": many.Append(nil),
		"another kind":   append([]byte{byte(RoomWelcomeKind)}, whole[1:]...),
		"text not UTF-8": bytes.Replace(whole, []byte("1:a"), []byte("\xff:a"), 1),
	} {
		if _, err := ParseRoomTURN(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
