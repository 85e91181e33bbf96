package code

import "encoding/binary"

// VerifyWords turns verification bytes into words for two people to compare. Every
// two bytes give a word of the short list: their lower 10 bits, as a big-endian
// number, are its index in alphabetical order, from 0. So 8 bytes give 4 words,
// worth 40 bits. It ignores an odd byte at the end.
func VerifyWords(b []byte) []string {
	short := words().short
	var out []string
	for ; len(b) >= 2; b = b[2:] {
		out = append(out, short[binary.BigEndian.Uint16(b)%1024])
	}
	return out
}
