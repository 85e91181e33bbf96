package wire

import "encoding/binary"

// SegmentHeader is the number of bytes before a segment's payload. MaxSegment is
// the largest payload of a segment that has a record to itself.
const (
	SegmentHeader = 8 + 8 + 4 + 4 + 32
	MaxSegment    = MaxPlaintext - SegmentHeader
)

// Segment is a piece of one block. The plaintext of a data record is one or more
// segments: a part of a large block, or the whole blocks of many small files.
//
//	file u64 | offset u64 | block length u32 | length u32 | block hash 32 | payload
//
// Offset is where the payload lies in the file; its block is the one that holds
// the offset. Hash is the chaining value of the whole block (package blockhash).
//
// The highest bit of length says that the payload is compressed: one frame of Zstandard
// (RFC 8878), shorter than the RawLen bytes that it expands to.
type Segment struct {
	File     uint64
	Offset   int64
	BlockLen uint32 // bytes of the whole block, 1 to BlockSize
	Hash     [32]byte
	Payload  []byte // aliases the input of NextSegment; at least one byte

	Compressed bool
}

// segmentCompressed is the bit of a segment's length for Compressed.
const segmentCompressed = 1 << 31

// RawLen is how many bytes of the file a compressed segment has: up to the end of its
// block, and at most MaxSegment.
func (s Segment) RawLen() int { return min(int(s.BlockLen)-s.Start(), MaxSegment) }

// Block is the number of the segment's block in its file.
func (s Segment) Block() uint32 { return uint32(s.Offset / BlockSize) }

// Start is where in the block the payload lies.
func (s Segment) Start() int { return int(s.Offset % BlockSize) }

// Whole reports whether the payload, which is not compressed, is the whole block.
func (s Segment) Whole() bool { return len(s.Payload) == int(s.BlockLen) }

// AppendHeader appends the segment's header for a payload of n bytes.
func (s Segment) AppendHeader(b []byte, n int) []byte {
	b = binary.BigEndian.AppendUint64(b, s.File)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Offset))
	b = binary.BigEndian.AppendUint32(b, s.BlockLen)
	length := uint32(n)
	if s.Compressed {
		length |= segmentCompressed
	}
	b = binary.BigEndian.AppendUint32(b, length)
	return append(b, s.Hash[:]...)
}

// Append appends the segment to b.
func (s Segment) Append(b []byte) []byte {
	return append(s.AppendHeader(b, len(s.Payload)), s.Payload...)
}

// NextSegment parses the first segment of b and returns what follows it. The
// result aliases b.
func NextSegment(b []byte) (s Segment, rest []byte, err error) {
	c := &cursor{rest: b}
	s.File = c.u64()
	s.Offset = c.i64()
	s.BlockLen = c.u32()
	length := c.u32()
	n := length &^ segmentCompressed
	s.Compressed = n != length
	s.Hash = c.array32()
	switch {
	case c.err != nil:
	case s.Offset >= MaxFileSize:
		c.fail("offset %d", s.Offset)
	case s.BlockLen == 0 || s.BlockLen > BlockSize:
		c.fail("a block of %d bytes", s.BlockLen)
	case s.Compressed && (n == 0 || int(n) >= s.RawLen()):
		c.fail("%d compressed bytes at %d of a block of %d", n, s.Start(), s.BlockLen)
	case s.Compressed:
	case n == 0 || n > s.BlockLen || s.Start() > int(s.BlockLen)-int(n):
		c.fail("%d bytes at %d of a block of %d", n, s.Start(), s.BlockLen)
	}
	s.Payload = c.take(int(n))
	if c.err != nil {
		return Segment{}, nil, c.err
	}
	return s, c.rest, nil
}
