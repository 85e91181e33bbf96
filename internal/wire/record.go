package wire

import "encoding/binary"

// RecordKind is the first byte of a record. It differs from every handshake
// message's first byte, so one room carries both.
type RecordKind uint8

// The kinds of records.
const (
	RecordControl RecordKind = 0x20
	RecordData    RecordKind = 0x21
)

// Sizes of a record in bytes. MaxRecord is the whole record. It fits the largest
// message of a data channel that peers agree on by default.
const (
	RecordHeader   = 1 + 8
	RecordTag      = 16
	RecordOverhead = RecordHeader + RecordTag
	MaxRecord      = 64 << 10
	MaxPlaintext   = MaxRecord - RecordOverhead

	// ReadBuffer is the size of the buffer that a carrier gets to read a record
	// and what its transport adds to it.
	ReadBuffer = MaxRoomFrame + 1
)

// Record is the unit on a lane, sealed with AES-256-GCM.
//
//	kind u8 | counter u64 | ciphertext | tag 16
//
// The first nine bytes are the additional data. The nonce is four zero bytes
// and the counter. The counter begins at 0 for each kind, lane and direction and
// grows by one with each record. A record with any other counter breaks the lane.
type Record struct {
	Kind    RecordKind
	Counter uint64
	Sealed  []byte // ciphertext and tag; aliases the input of ParseRecord
}

// AppendRecordHeader appends the nine bytes before the ciphertext.
func AppendRecordHeader(b []byte, kind RecordKind, counter uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, byte(kind)), counter)
}

// ParseRecord splits a record. The result aliases b.
func ParseRecord(b []byte) (Record, error) {
	if len(b) < RecordOverhead || len(b) > MaxRecord {
		return Record{}, malformed("a record of %d bytes", len(b))
	}
	r := Record{Kind: RecordKind(b[0]), Counter: binary.BigEndian.Uint64(b[1:]), Sealed: b[RecordHeader:]}
	if r.Kind != RecordControl && r.Kind != RecordData {
		return Record{}, malformed("a record of kind %#02x", b[0])
	}
	return r, nil
}
