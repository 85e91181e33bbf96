package wire

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
)

func TestMessageBytes(t *testing.T) {
	for _, c := range messageCases() {
		want := c.bytes(t)
		before := []byte{0xee}
		if got := c.message.Append(before); !bytes.Equal(got, append(before, want...)) {
			t.Errorf("%s:\n got %x\nwant ee%x", c.name, got, want)
		}
		if got, err := c.parse(want); err != nil || !reflect.DeepEqual(got, c.message) {
			t.Errorf("%s: parsed as %+v, %v", c.name, got, err)
		}
	}
}

// Every type of message has a case, so that none goes untested.
func TestEveryTypeHasACase(t *testing.T) {
	seen := map[Type]bool{}
	for _, c := range messageCases() {
		kind, ok := TypeOf(c.bytes(t))
		if !ok {
			t.Errorf("%s is empty", c.name)
		}
		seen[kind] = true
	}
	for _, kind := range []Type{
		TypeSignal, TypeHello, TypeOffer, TypeAccept, TypeDecline, TypeManifest, TypeWant, TypeHave,
		TypeSame, TypeEnd, TypeAck, TypeSettled, TypeComplete, TypeDone, TypePause, TypeLimit, TypeOmitted, TypeCancel, TypeInvitation,
	} {
		if !seen[kind] {
			t.Errorf("no case of type %#02x", uint8(kind))
		}
	}
	if kind, ok := TypeOf(nil); ok || kind != 0 {
		t.Errorf("nothing has the type %#02x", uint8(kind))
	}
}

// No message parses at any length but its own, nor as another message.
func TestMessageRefusals(t *testing.T) {
	cases := messageCases()
	for _, c := range cases {
		b := c.bytes(t)
		for n := range len(b) {
			refused(t, c.name+", cut short", c.parse, b[:n])
		}
		refused(t, c.name+" and a byte", c.parse, append(slices.Clone(b), 0))
		for _, other := range cases {
			if reflect.TypeOf(other.message) != reflect.TypeOf(c.message) {
				refused(t, other.name+" as "+c.name, c.parse, other.bytes(t))
			}
		}
	}
}

func refused(t *testing.T, what string, parse parser, b []byte) {
	t.Helper()
	if m, err := parse(b); !errors.Is(err, ErrMalformed) {
		t.Errorf("%s (%d bytes) is taken for %+v, %v", what, len(b), m, err)
	}
}

// Numbers that people see have words, each its own.
func TestWordsForPeople(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range []interface{ String() string }{
		OutcomeOK, OutcomeChanged, OutcomeUnreadable, OutcomeSkipped, OutcomeIO, OutcomeIntegrity, OutcomeKept, Outcome(77),
		KindFile, KindDir, KindSymlink, KindStream, Kind(77),
		ReasonCancelled, ReasonIO, ReasonProtocol, ReasonInternal, ReasonVerify, ReasonNoPath, ReasonFull, Reason(77),
	} {
		if text := s.String(); text == "" || seen[text] {
			t.Errorf("%T %v is %q", s, s, text)
		} else {
			seen[text] = true
		}
	}
	if ReasonIntegrity.String() != OutcomeIntegrity.String() {
		t.Error("one failure has two names")
	}
}
