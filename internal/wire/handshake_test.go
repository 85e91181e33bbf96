package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"slices"
	"testing"
)

// handshakeMessage is what every message of handshake.go can do.
type handshakeMessage interface{ Append(b []byte) []byte }

// handshakeParser is one of handshake.go's parsers, for any of its messages.
type handshakeParser func(b []byte) (handshakeMessage, error)

func asHandshake[T handshakeMessage](parse func([]byte) (T, error)) handshakeParser {
	return func(b []byte) (handshakeMessage, error) { return parse(b) }
}

type handshakeCase struct {
	name    string
	message handshakeMessage
	parse   handshakeParser
	hex     string // of the first bytes
	size    int
}

func handshakeCases() []handshakeCase {
	nonce, share, commitment := [16]byte{0x01, 15: 0x02}, [32]byte{0x03, 31: 0x04}, [32]byte{0x05, 31: 0x06}
	proposal := Proposal{Role: RoleReceiver, Versions: []uint16{1}, Suites: []uint16{1, 0x0203}}
	proposal.PublicKey[0] = 0xaa
	full := Proposal{Role: RoleReceiver, Versions: slices.Repeat([]uint16{7}, 16), Suites: slices.Repeat([]uint16{9}, 16)}
	choice := Choice{Role: RoleSender, Version: 0x0102, Suite: 0x0304}
	choice.Ciphertext[0] = 0xbb
	return append(resumeCases(), []handshakeCase{
		{
			"M1",
			M1{nonce, share, commitment, []byte{0xcc}},
			asHandshake(ParseM1),
			"10" + "01000000000000000000000000000002" +
				"0300000000000000000000000000000000000000000000000000000000000004" +
				"0500000000000000000000000000000000000000000000000000000000000006" + "0001" + "cc", 84,
		},
		{"M1, full", M1{nonce, share, commitment, full.Append(nil)}, asHandshake(ParseM1), "1001", 1366},
		{"proposal", proposal, asHandshake(ParseProposal), "01" + "01" + "0001" + "02" + "0001" + "0203" + "aa00", 1225},
		{"full proposal", full, asHandshake(ParseProposal), "01" + "10" + "0007", 1283},
		{
			"empty proposal",
			Proposal{Role: RoleSender, Versions: []uint16{}, Suites: []uint16{}},
			asHandshake(ParseProposal),
			"02" + "00" + "00" + "00", 1219,
		},
		{
			"M2",
			M2{share, choice.Append(nil)},
			asHandshake(ParseM2),
			"11" + "0300000000000000000000000000000000000000000000000000000000000004" + "02" + "0102" + "0304" + "bb00", 1158,
		},
		{"choice", choice, asHandshake(ParseChoice), "02" + "0102" + "0304" + "bb00", 1125},
		{
			"M3",
			M3{share, commitment},
			asHandshake(ParseM3),
			"12" + "0300000000000000000000000000000000000000000000000000000000000004" +
				"0500000000000000000000000000000000000000000000000000000000000006", 65,
		},
		{"M4", M4{share}, asHandshake(ParseM4), "13" + "0300000000000000000000000000000000000000000000000000000000000004", 33},
		{"abort", HandshakeAbort{AbortVersion}, asHandshake(ParseHandshakeAbort), "1f02", 2},
		{"abort of the future", HandshakeAbort{200}, asHandshake(ParseHandshakeAbort), "1fc8", 2},
	}...)
}

func TestHandshakeBytes(t *testing.T) {
	for _, c := range handshakeCases() {
		b := c.message.Append([]byte("before"))
		if !bytes.HasPrefix(b, []byte("before")) {
			t.Errorf("%s: Append does not append", c.name)
		}
		b = b[len("before"):]
		first, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) != c.size || !bytes.HasPrefix(b, first) {
			t.Errorf("%s: %d bytes %x, want %d beginning with %x", c.name, len(b), b[:min(len(b), len(first))], c.size, first)
		}
		got, err := c.parse(b)
		if err != nil || !reflect.DeepEqual(got, c.message) {
			t.Errorf("%s: parsed as %+v, %v", c.name, got, err)
		}
	}
}

// Every message is refused at every length but its own, and every parser
// refuses the messages of the others.
func TestHandshakeRefusals(t *testing.T) {
	cases := handshakeCases()
	for _, c := range cases {
		b := c.message.Append(nil)
		for n := range len(b) {
			handshakeRefused(t, c.name+" truncated", c.parse, b[:n])
		}
		handshakeRefused(t, c.name+" and a byte", c.parse, append(slices.Clone(b), 0))
		for _, other := range cases {
			if reflect.TypeOf(other.message) != reflect.TypeOf(c.message) {
				handshakeRefused(t, other.name+" as "+c.name, c.parse, other.message.Append(nil))
			}
		}
	}
}

func TestHandshakeLimits(t *testing.T) {
	role := Proposal{Role: 3}
	handshakeRefused(t, "role 3", asHandshake(ParseProposal), role.Append(nil))
	handshakeRefused(t, "role 0", asHandshake(ParseChoice), Choice{}.Append(nil))
	seventeen := slices.Repeat([]uint16{1}, 17)
	versions := Proposal{Role: RoleReceiver, Versions: seventeen}
	handshakeRefused(t, "17 versions", asHandshake(ParseProposal), versions.Append(nil))
	suites := Proposal{Role: RoleReceiver, Suites: seventeen}
	handshakeRefused(t, "17 suites", asHandshake(ParseProposal), suites.Append(nil))
	long := M1{Proposal: make([]byte, maxProposal+1)}
	handshakeRefused(t, "long proposal", asHandshake(ParseM1), long.Append(nil))
}

func handshakeRefused(t *testing.T, what string, parse handshakeParser, b []byte) {
	t.Helper()
	m, err := parse(b)
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("%s (%d bytes): %v, want ErrMalformed", what, len(b), err)
	}
	if !reflect.ValueOf(m).IsZero() {
		t.Errorf("%s (%d bytes): something is left of the message", what, len(b))
	}
}

func TestAbortReasonText(t *testing.T) {
	seen := map[string]bool{}
	for r := AbortReason(0); r < 10; r++ {
		text := r.String()
		if text == "" || seen[text] {
			t.Errorf("reason %d is %q", r, text)
		}
		seen[text] = true
	}
}

// fuzzHandshake: what a parser takes, Append writes as it was; the rest is
// ErrMalformed.
func fuzzHandshake(f *testing.F, parse handshakeParser) {
	seeds := 0
	for _, c := range handshakeCases() {
		b := c.message.Append(nil)
		f.Add(b)
		f.Add(b[:len(b)-1])
		if _, err := parse(b); err == nil {
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seed is a valid message")
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%x: %v", b, err)
			}
			return
		}
		if again := m.Append(nil); !bytes.Equal(again, b) {
			t.Fatalf("%x parsed and appended is %x", b, again)
		}
	})
}

func FuzzParseM1(f *testing.F)       { fuzzHandshake(f, asHandshake(ParseM1)) }
func FuzzParseProposal(f *testing.F) { fuzzHandshake(f, asHandshake(ParseProposal)) }
func FuzzParseM2(f *testing.F)       { fuzzHandshake(f, asHandshake(ParseM2)) }
func FuzzParseChoice(f *testing.F)   { fuzzHandshake(f, asHandshake(ParseChoice)) }
func FuzzParseM3(f *testing.F)       { fuzzHandshake(f, asHandshake(ParseM3)) }
func FuzzParseM4(f *testing.F)       { fuzzHandshake(f, asHandshake(ParseM4)) }
func FuzzParseHandshakeAbort(f *testing.F) {
	fuzzHandshake(f, asHandshake(ParseHandshakeAbort))
}
