package wire

import (
	"encoding/binary"
	"fmt"
)

// Outcome is what became of one file.
type Outcome uint8

// The outcomes. A sender's End has OutcomeOK, Changed or Unreadable. A receiver's
// Settled has any of them, and repeats Changed and Unreadable from the End.
const (
	OutcomeOK         Outcome = 0 // the whole file was read; it is verified, synced and in place
	OutcomeChanged    Outcome = 1 // the source changed while it was read
	OutcomeUnreadable Outcome = 2 // the source could not be read to its end
	OutcomeSkipped    Outcome = 3 // the receiver did not take it
	OutcomeIO         Outcome = 4 // the receiver's disk failed it
	OutcomeIntegrity  Outcome = 5 // what arrived is not what the sender read
	OutcomeKept       Outcome = 6 // the receiver keeps what is there, as it was told to: no failure
)

func (o Outcome) String() string {
	switch o {
	case OutcomeOK:
		return "ok"
	case OutcomeChanged:
		return "changed while it was read"
	case OutcomeUnreadable:
		return "could not be read"
	case OutcomeSkipped:
		return "skipped"
	case OutcomeIO:
		return "could not be written"
	case OutcomeIntegrity:
		return "failed verification"
	case OutcomeKept:
		return "kept what is there"
	}
	return fmt.Sprintf("outcome %d", uint8(o))
}

// MaxEnds bounds the files of one End or Settled.
const MaxEnds = 512

// MaxEndReason bounds, in bytes, the text for people about one file.
const MaxEndReason = 70

// End tells the receiver that the sender is done with reading files.
//
//	0x17 | count u16 | count x (file u64 | outcome u8 | size u64 | root 32 | reason str16)
type End struct{ Files []FileEnd }

// FileEnd is how reading one file ended. With OutcomeOK it has the size and the
// root, and with another outcome the reason; what it does not have is empty or
// zero, or the message is malformed.
type FileEnd struct {
	File    uint64
	Outcome Outcome
	Size    int64    // bytes, at most MaxFileSize
	Root    [32]byte // the BLAKE3 hash of all bytes
	Reason  string
}

// Append appends the message to b.
func (e End) Append(b []byte) []byte {
	b = append(b, byte(TypeEnd))
	b = binary.BigEndian.AppendUint16(b, uint16(len(e.Files)))
	for _, f := range e.Files {
		b = binary.BigEndian.AppendUint64(b, f.File)
		b = append(b, byte(f.Outcome))
		b = binary.BigEndian.AppendUint64(b, uint64(f.Size))
		b = append(b, f.Root[:]...)
		b = appendBytes16(b, clip(f.Reason, MaxEndReason))
	}
	return b
}

// ParseEnd parses an End.
func ParseEnd(m []byte) (End, error) {
	c := message(m, TypeEnd)
	n := c.count16(MaxEnds, 8+1+8+32+2)
	var e End
	for range n {
		f := FileEnd{File: c.u64(), Outcome: Outcome(c.u8()), Size: c.i64(), Root: c.array32(), Reason: string(c.bytes16(MaxEndReason))}
		switch {
		case c.err != nil:
		case f.Outcome > OutcomeUnreadable:
			c.fail("%v from a sender", f.Outcome)
		case f.Size > MaxFileSize:
			c.fail("a file of %d bytes", f.Size)
		case f.Outcome == OutcomeOK && f.Reason != "":
			c.fail("a reason for a file that was read")
		case f.Outcome != OutcomeOK && (f.Size != 0 || f.Root != [32]byte{}):
			c.fail("a size or hash of a file that %v", f.Outcome)
		}
		e.Files = append(e.Files, f)
	}
	return e, c.done()
}

// Settled tells the sender what became of files: in place (verified, synced and
// renamed), or not and why. A file in place has no reason.
//
//	0x19 | count u16 | count x (file u64 | outcome u8 | reason str16)
type Settled struct{ Files []FileSettled }

// FileSettled is what became of one file.
type FileSettled struct {
	File    uint64
	Outcome Outcome
	Reason  string
}

// Append appends the message to b.
func (s Settled) Append(b []byte) []byte {
	b = append(b, byte(TypeSettled))
	b = binary.BigEndian.AppendUint16(b, uint16(len(s.Files)))
	for _, f := range s.Files {
		b = binary.BigEndian.AppendUint64(b, f.File)
		b = append(b, byte(f.Outcome))
		b = appendBytes16(b, clip(f.Reason, MaxEndReason))
	}
	return b
}

// ParseSettled parses a Settled.
func ParseSettled(m []byte) (Settled, error) {
	c := message(m, TypeSettled)
	n := c.count16(MaxEnds, 8+1+2)
	var s Settled
	for range n {
		f := FileSettled{File: c.u64(), Outcome: Outcome(c.u8()), Reason: string(c.bytes16(MaxEndReason))}
		if c.err == nil && f.Outcome > OutcomeKept {
			c.fail("%v", f.Outcome)
		}
		if c.err == nil && f.Outcome == OutcomeOK && f.Reason != "" {
			c.fail("a reason for a file that is in place")
		}
		s.Files = append(s.Files, f)
	}
	return s, c.done()
}
