package wire

import (
	"bytes"
	"strings"
	"testing"
)

// A peer that knows no names takes a Hello with one: to it the field is the
// program, of any bytes.
func TestNameIsPartOfTheProgramToOldPeers(t *testing.T) {
	for _, h := range []Hello{
		{Lanes: LaneTCP, Program: "tallow/1.0", Name: "laptop"},
		{Lanes: LaneTCP, Program: strings.Repeat("p", 300), Name: strings.Repeat("n", 300)},
	} {
		m := h.Append(nil)
		old := &cursor{rest: m[1:]} // what the parser of protocol version 2 did before there were names
		lanes, program := old.u8(), old.bytes8(255)
		if err := old.done(); err != nil || Lanes(lanes) != h.Lanes || !bytes.HasPrefix(program, []byte("tallow/1.0\x00laptop\x00")) && !bytes.HasPrefix(program, []byte("pppp")) {
			t.Errorf("an old peer reads %q, %v", program, err)
		}
		again, err := ParseHello(m)
		if err != nil || again.Name == "" || !strings.HasPrefix(h.Name, again.Name) || !strings.HasPrefix(h.Program, again.Program) {
			t.Errorf("it comes back as %+v, %v", again, err)
		}
	}
}

// The length of a Hello says nothing about that of the name.
func TestHelloHidesTheLengthOfAName(t *testing.T) {
	short, long := Hello{Program: "p", Name: "a"}, Hello{Program: "p", Name: strings.Repeat("a", MaxPeerName)}
	if a, b := len(short.Append(nil)), len(long.Append(nil)); a != b {
		t.Errorf("%d and %d bytes", a, b)
	}
}

func TestHelloNames(t *testing.T) {
	field := func(s string) []byte { return append([]byte{byte(TypeHello), 0, byte(len(s))}, s...) }
	zeros := func(n int) string { return strings.Repeat("\x00", n) }
	for what, b := range map[string][]byte{
		"no name":                  field("p" + zeros(1+MaxPeerName)),
		"nothing behind the zero":  field("p\x00"),
		"too few bytes":            field("p\x00name" + zeros(MaxPeerName-5)),
		"something behind a zero":  field("p\x00na\x00me" + zeros(MaxPeerName-5)),
		"a name behind many zeros": field(zeros(2) + "name" + zeros(MaxPeerName)),
	} {
		refused(t, what, parserOf(ParseHello), b)
	}
	later := field("p\x00name" + zeros(MaxPeerName-4) + "of later")
	if h, err := ParseHello(later); err != nil || h.Name != "name" || h.Program != "p" {
		t.Errorf("with a field of a later version: %+v, %v", h, err)
	}
	hostile := field("p\x00\x1b]0;x\a\xff" + zeros(MaxPeerName-7))
	if h, err := ParseHello(hostile); err != nil || h.Name != "\x1b]0;x\a\xff" {
		t.Errorf("of any bytes: %+v, %v", h, err)
	}
}

// To a peer that does not know them, the bits of who keeps and of a page are lanes that it
// does not know: those that both know are the same as without them.
func TestKeepingIsALaneToOldPeers(t *testing.T) {
	const known = LaneRelay | LaneWebRTC | LaneTCP
	m := Hello{Lanes: known, Keeps: true, Page: true, Program: "p"}.Append(nil)
	if old := Lanes(m[1]) &^ (helloNoDirect | helloVerifies); old&known != known {
		t.Errorf("an old peer reads the lanes %#x", old)
	}
	h, err := ParseHello(Hello{Lanes: known | 1<<3, Program: "p"}.Append(nil))
	if err != nil || h.Keeps || h.Page || h.Verifies || h.NoDirect {
		t.Errorf("without them: %+v, %v", h, err)
	}
}

func TestEmptyInvitation(t *testing.T) {
	refused(t, "an empty invitation", parserOf(ParseInvitation), []byte{byte(TypeInvitation), 0, 0})
}
