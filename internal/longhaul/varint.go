package longhaul

import "encoding/binary"

// maxVarint is the largest variable-length integer.
const maxVarint = 1<<62 - 1

// appendVarint appends n as a variable-length integer (RFC 9000, section 16). n is
// at most maxVarint.
func appendVarint(b []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return binary.BigEndian.AppendUint16(b, uint16(n)|1<<14)
	case n < 1<<30:
		return binary.BigEndian.AppendUint32(b, uint32(n)|2<<30)
	}
	return binary.BigEndian.AppendUint64(b, n|3<<62)
}

// parseVarint parses the integer at the beginning of b. It returns false if b is too
// short. A length that is longer than necessary is accepted, as in the RFC.
func parseVarint(b []byte) (n uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	size := 1 << (b[0] >> 6)
	if len(b) < size {
		return 0, nil, false
	}
	n = uint64(b[0] & 0x3f)
	for _, x := range b[1:size] {
		n = n<<8 | uint64(x)
	}
	return n, b[size:], true
}

// varintSize returns how many bytes appendVarint appends.
func varintSize(n uint64) int {
	switch {
	case n < 1<<6:
		return 1
	case n < 1<<14:
		return 2
	case n < 1<<30:
		return 4
	}
	return 8
}
