package bundle

import "hash/crc32"

func crcOf(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

// combineCRC returns the CRC-32 of two pieces of data that follow each other, from
// the CRC-32 of each and the length of the second. To append n zero bytes is a
// linear map of the CRC's bits; it is applied by its powers of two.
func combineCRC(first, second uint32, n int64) uint32 {
	if n <= 0 {
		return first
	}
	// The map for one zero bit: a shift, and the polynomial where a bit drops out.
	var power [32]uint32
	power[0] = crc32.IEEE
	for i := 1; i < 32; i++ {
		power[i] = 1 << (i - 1)
	}
	for range 3 { // for 8 zero bits
		power = squared(&power)
	}
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			first = applied(&power, first)
		}
		power = squared(&power)
	}
	return first ^ second
}

// applied multiplies a matrix over GF(2), given by its columns, with a vector.
func applied(m *[32]uint32, v uint32) (sum uint32) {
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 == 1 {
			sum ^= m[i]
		}
	}
	return sum
}

func squared(m *[32]uint32) (s [32]uint32) {
	for i := range m {
		s[i] = applied(m, m[i])
	}
	return s
}
