package wire

import "encoding/binary"

// ControlHeader is the number of bytes before a control record's message.
const ControlHeader = 8 + 8 + 8

// MaxMessage bounds a control message in bytes.
const MaxMessage = MaxPlaintext - ControlHeader

// Control is the plaintext of a control record: a numbered message, and what was
// received from the other direction. So messages are delivered exactly once and in
// order, whatever lanes carry them.
//
//	seq u64 | ack u64 | data u64 | message
//
// Messages are numbered from 1. Ack is the number up to which all messages
// were received. Data is how many bytes of data records' plaintext have arrived
// on the lane that carries this record. Seq 0 carries no message: it only
// acknowledges and reports, and keeps the lane alive.
type Control struct {
	Seq     uint64
	Ack     uint64
	Data    uint64
	Message []byte // aliases the input of ParseControl
}

// Append appends the plaintext to b.
func (c Control) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, c.Seq)
	b = binary.BigEndian.AppendUint64(b, c.Ack)
	b = binary.BigEndian.AppendUint64(b, c.Data)
	return append(b, c.Message...)
}

// ParseControl parses a control record's plaintext. The result aliases b.
func ParseControl(b []byte) (Control, error) {
	c := &cursor{rest: b}
	m := Control{Seq: c.u64(), Ack: c.u64(), Data: c.u64()}
	if c.err != nil {
		return Control{}, c.err
	}
	m.Message = c.rest
	if (m.Seq == 0) != (len(m.Message) == 0) {
		return Control{}, malformed("control message %d of %d bytes", m.Seq, len(m.Message))
	}
	return m, nil
}
