package wire

import "encoding/binary"

// Want answers one page of the manifest: the receiver wants every entry of it
// except those in Skips. It comes after the page's Haves.
//
//	0x14 | page u32 | count u16 | count x (file u64 | kept u8 | reason str16)
type Want struct {
	Page  uint32
	Skips []Skip
}

// Skip is an entry that the receiver does not want, and why.
type Skip struct {
	File   uint64
	Kept   bool // it is there already, and the receiver was told to keep what is there: no failure
	Reason string
}

// MaxSkipReason bounds the reason of a Skip in bytes, so that the answer to a page
// fits into one message even if it skips every entry.
const MaxSkipReason = 50

// Append appends the message to b.
func (w Want) Append(b []byte) []byte {
	b = append(b, byte(TypeWant))
	b = binary.BigEndian.AppendUint32(b, w.Page)
	b = binary.BigEndian.AppendUint16(b, uint16(len(w.Skips)))
	for _, s := range w.Skips {
		b = binary.BigEndian.AppendUint64(b, s.File)
		b = append(b, flag(s.Kept))
		b = appendBytes16(b, clip(s.Reason, MaxSkipReason))
	}
	return b
}

// ParseWant parses a Want.
func ParseWant(m []byte) (Want, error) {
	c := message(m, TypeWant)
	w := Want{Page: c.u32()}
	n := c.count16(MaxPageEntries, 8+1+2)
	for range n {
		w.Skips = append(w.Skips, Skip{File: c.u64(), Kept: c.flag(), Reason: string(c.bytes16(MaxSkipReason))})
	}
	return w, c.done()
}

// MaxHaveBlocks bounds the blocks of one Have.
const MaxHaveBlocks = 1900

// Have tells the sender which blocks of a file the receiver has on its disk, by
// their hashes. The sender does not send those that are the same. Hashes[i] is of
// block First+i. It comes before the Want of the file's page.
//
//	0x15 | file u64 | first u32 | count u16 | count x hash 32
type Have struct {
	File   uint64
	First  uint32
	Hashes [][32]byte
}

// Append appends the message to b.
func (h Have) Append(b []byte) []byte {
	b = append(b, byte(TypeHave))
	b = binary.BigEndian.AppendUint64(b, h.File)
	b = binary.BigEndian.AppendUint32(b, h.First)
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Hashes)))
	for _, x := range h.Hashes {
		b = append(b, x[:]...)
	}
	return b
}

// ParseHave parses a Have.
func ParseHave(m []byte) (Have, error) {
	c := message(m, TypeHave)
	h := Have{File: c.u64(), First: c.u32()}
	n := c.count16(MaxHaveBlocks, 32)
	for range n {
		h.Hashes = append(h.Hashes, c.array32())
	}
	if c.err == nil && uint64(h.First)+uint64(n) > 1<<32-1 {
		c.fail("blocks over 2^32")
	}
	return h, c.done()
}
