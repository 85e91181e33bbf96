package wire

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// fuzzMessage: what a parser takes, Append writes as it was; the rest is
// ErrMalformed.
func fuzzMessage(f *testing.F, parse parser, canonical func(b []byte) []byte) {
	seeds := 0
	for _, c := range messageCases() {
		b := c.bytes(f)
		f.Add(b)
		f.Add(b[:len(b)-1])
		if _, err := parse(b); err == nil {
			seeds++
		}
	}
	for _, c := range limitCases() {
		if b := c.make(c.limit); len(b) < 1024 {
			f.Add([]byte(b))
			f.Add([]byte(c.make(c.limit + 1)))
		}
	}
	if seeds == 0 {
		f.Fatal("no seed is a valid message")
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > MaxMessage {
			return // no record carries it
		}
		m, err := parse(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%x: %v", b, err)
			}
			return
		}
		if again := m.Append(nil); !bytes.Equal(again, canonical(b)) {
			t.Fatalf("%x parsed and appended is %x", b, again)
		}
	})
}

// asItIs is for messages that have one encoding.
func asItIs(b []byte) []byte { return b }

// knownFlags clears the flags of an offer that this version does not know.
func knownFlags(b []byte) []byte {
	b = slices.Clone(b)
	b[1] &= offerText | offerKnown
	return b
}

// withoutRest leaves out what a Hello of a later version has behind its name.
func withoutRest(b []byte) []byte {
	program, _, named := bytes.Cut(b[3:], []byte{0})
	if end := 3 + len(program) + 1 + MaxPeerName; named && end < len(b) {
		b = slices.Clone(b[:end])
		b[2] = byte(end - 3)
	}
	return b
}

func FuzzParseHello(f *testing.F)    { fuzzMessage(f, parserOf(ParseHello), withoutRest) }
func FuzzParseSignal(f *testing.F)   { fuzzMessage(f, parserOf(ParseSignal), asItIs) }
func FuzzParseOffer(f *testing.F)    { fuzzMessage(f, parserOf(ParseOffer), knownFlags) }
func FuzzParseAccept(f *testing.F)   { fuzzMessage(f, parserOf(ParseAccept), asItIs) }
func FuzzParseDecline(f *testing.F)  { fuzzMessage(f, parserOf(ParseDecline), asItIs) }
func FuzzParseManifest(f *testing.F) { fuzzMessage(f, parserOf(ParseManifest), asItIs) }
func FuzzParseWant(f *testing.F)     { fuzzMessage(f, parserOf(ParseWant), asItIs) }
func FuzzParseHave(f *testing.F)     { fuzzMessage(f, parserOf(ParseHave), asItIs) }
func FuzzParseSame(f *testing.F)     { fuzzMessage(f, parserOf(ParseSame), asItIs) }
func FuzzParseAck(f *testing.F)      { fuzzMessage(f, parserOf(ParseAck), asItIs) }
func FuzzParseEnd(f *testing.F)      { fuzzMessage(f, parserOf(ParseEnd), asItIs) }
func FuzzParseSettled(f *testing.F)  { fuzzMessage(f, parserOf(ParseSettled), asItIs) }
func FuzzParseComplete(f *testing.F) { fuzzMessage(f, parserOf(ParseComplete), asItIs) }
func FuzzParseDone(f *testing.F)     { fuzzMessage(f, parserOf(ParseDone), asItIs) }
func FuzzParsePause(f *testing.F)    { fuzzMessage(f, parserOf(ParsePause), asItIs) }
func FuzzParseLimit(f *testing.F)    { fuzzMessage(f, parserOf(ParseLimit), asItIs) }
func FuzzParseOmitted(f *testing.F)  { fuzzMessage(f, parserOf(ParseOmitted), asItIs) }
func FuzzParseInvitation(f *testing.F) {
	fuzzMessage(f, parserOf(ParseInvitation), asItIs)
}
func FuzzParseCancel(f *testing.F) { fuzzMessage(f, parserOf(ParseCancel), asItIs) }

// FuzzNextSegment takes a record apart, as a receiver does: what is taken,
// together, is the record.
func FuzzNextSegment(f *testing.F) {
	var record []byte
	for _, c := range blockCases() {
		if s, ok := c.message.(Segment); ok {
			record = s.Append(record)
			f.Add(s.Append(nil))
		}
	}
	f.Add(record)
	f.Add(record[:len(record)-1])
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		for rest := b; len(rest) > 0; {
			s, next, err := NextSegment(rest)
			if err != nil {
				if !errors.Is(err, ErrMalformed) || s.Payload != nil || next != nil {
					t.Fatalf("%x: %+v, %x, %v", rest, s, next, err)
				}
				return
			}
			if len(s.Payload) == 0 || s.Start()+len(s.Payload) > int(s.BlockLen) || s.BlockLen > BlockSize {
				t.Fatalf("%d bytes at %d of a block of %d", len(s.Payload), s.Start(), s.BlockLen)
			}
			again = s.Append(again)
			rest = next
		}
		if !bytes.Equal(again, b) {
			t.Fatalf("%x parsed and appended is %x", b, again)
		}
	})
}

func FuzzParseRecord(f *testing.F) {
	for _, kind := range []RecordKind{RecordControl, RecordData, 0x22} {
		f.Add(append(AppendRecordHeader(nil, kind, 7), make([]byte, RecordTag)...))
		f.Add(append(AppendRecordHeader(nil, kind, 1<<63), make([]byte, RecordTag-1)...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRecord(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%x: %v", b, err)
			}
			return
		}
		if again := append(AppendRecordHeader(nil, r.Kind, r.Counter), r.Sealed...); !bytes.Equal(again, b) {
			t.Fatalf("%x parsed and appended is %x", b, again)
		}
	})
}

func FuzzParseControl(f *testing.F) {
	f.Add(Control{Ack: 3}.Append(nil))
	for _, c := range messageCases() {
		f.Add(Control{Seq: 1, Ack: 1 << 63, Message: c.bytes(f)}.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseControl(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%x: %v", b, err)
			}
			return
		}
		if again := c.Append(nil); !bytes.Equal(again, b) {
			t.Fatalf("%x parsed and appended is %x", b, again)
		}
	})
}
