package wire

import (
	"encoding/binary"
	"fmt"
)

// Complete tells the sender that every entry of the manifest is settled, and that
// all files in place are on the receiver's disk.
//
//	0x1A | files u64 | bytes u64
type Complete struct {
	Files int64 // files in place
	Bytes int64 // their bytes
}

// Append appends the message to b.
func (m Complete) Append(b []byte) []byte {
	b = append(b, byte(TypeComplete))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Files))
	return binary.BigEndian.AppendUint64(b, uint64(m.Bytes))
}

// ParseComplete parses a Complete.
func ParseComplete(p []byte) (Complete, error) {
	c := message(p, TypeComplete)
	m := Complete{Files: c.i64(), Bytes: c.i64()}
	return m, c.done()
}

// Done is the sender's last message. It has the Complete, and both sides may leave.
//
//	0x1B
type Done struct{}

// Append appends the message to b.
func (Done) Append(b []byte) []byte { return append(b, byte(TypeDone)) }

// ParseDone parses a Done.
func ParseDone(m []byte) (Done, error) { return Done{}, message(m, TypeDone).done() }

// Reason says why a side ends a transfer early.
type Reason uint8

// The reasons of a Cancel.
const (
	ReasonCancelled Reason = 1 // the person, or the program that uses the SDK, ended it
	ReasonIO        Reason = 2 // a disk failed
	ReasonIntegrity Reason = 3 // what arrived cannot be trusted
	ReasonProtocol  Reason = 4 // a message that makes no sense
	ReasonInternal  Reason = 5 // a bug
	ReasonVerify    Reason = 6 // the person found the verification words different
	ReasonNoPath    Reason = 7 // no lane that both sides allow can be made
	ReasonFull      Reason = 8 // the receiver's disk is full; it may come back with the same code
	ReasonStored    Reason = 9 // the sender does not wait any longer, and stores it at a relay
)

func (r Reason) String() string {
	switch r {
	case ReasonCancelled:
		return "cancelled"
	case ReasonIO:
		return "disk trouble"
	case ReasonIntegrity:
		return "failed verification"
	case ReasonProtocol:
		return "protocol error"
	case ReasonInternal:
		return "internal error"
	case ReasonVerify:
		return "verification refused"
	case ReasonNoPath:
		return "no path between the two sides"
	case ReasonFull:
		return "the disk is full"
	case ReasonStored:
		return "stored at a relay"
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// Cancel ends the transfer; the side that sends it leaves.
//
//	0x1F | reason u8 | text str16
type Cancel struct {
	Reason Reason
	Text   string // for people; may be empty
}

// Append appends the message to b.
func (m Cancel) Append(b []byte) []byte {
	return appendBytes16(append(b, byte(TypeCancel), byte(m.Reason)), clip(m.Text, MaxMessageText))
}

// ParseCancel parses a Cancel.
func ParseCancel(p []byte) (Cancel, error) {
	c := message(p, TypeCancel)
	m := Cancel{Reason: Reason(c.u8()), Text: string(c.bytes16(MaxMessageText))}
	return m, c.done()
}
