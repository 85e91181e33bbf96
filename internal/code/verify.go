package code

import "encoding/binary"

// VerifyWords turns verification bytes into words for two people to compare:
// one for every two bytes, of the short list. The lower 10 bits of the two,
// read as a big-endian number, are the word's index in the list in alphabetical
// order, from 0; so 8 bytes give 4 words, worth 40 bits. An odd byte at the end
// is not used.
func VerifyWords(b []byte) []string {
	short := words().short
	var out []string
	for ; len(b) >= 2; b = b[2:] {
		out = append(out, short[binary.BigEndian.Uint16(b)%1024])
	}
	return out
}
