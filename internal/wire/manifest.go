package wire

import "encoding/binary"

// Limits of a page of the manifest.
const (
	MaxPageEntries = 1024
	MaxPageBytes   = 60 << 10
)

// Manifest is one page of the list of what is sent. Entries are numbered from 0 in
// the order of the pages; First is the number of the page's first entry. Folders
// come before what is in them. Omitted counts the entries that the sender left out
// since the page before, because it cannot read or must not send them.
//
//	0x13 | page u32 | last u8 | omitted u32 | first u64 | count u16 | count x entry
type Manifest struct {
	Page    uint32
	Last    bool
	Omitted uint32
	First   uint64
	Entries []Entry
}

const manifestHeader = 1 + 4 + 1 + 4 + 8 + 2

// Fits reports whether the page has room for e besides other entries of that many bytes.
func (m Manifest) Fits(bytes int, e Entry) bool {
	return len(m.Entries) < MaxPageEntries && manifestHeader+bytes+e.EncodedLen() <= MaxPageBytes
}

// Append appends the message to b.
func (m Manifest) Append(b []byte) []byte {
	b = append(b, byte(TypeManifest))
	b = binary.BigEndian.AppendUint32(b, m.Page)
	b = append(b, flag(m.Last))
	b = binary.BigEndian.AppendUint32(b, m.Omitted)
	b = binary.BigEndian.AppendUint64(b, m.First)
	b = binary.BigEndian.AppendUint16(b, uint16(len(m.Entries)))
	for _, e := range m.Entries {
		b = e.Append(b)
	}
	return b
}

// ParseManifest parses a page.
func ParseManifest(p []byte) (Manifest, error) {
	c := message(p, TypeManifest)
	m := Manifest{Page: c.u32(), Last: c.flag(), Omitted: c.u32(), First: c.u64()}
	n := c.count16(MaxPageEntries, entryMin)
	if n > 0 {
		m.Entries = make([]Entry, 0, n)
	}
	for range n {
		m.Entries = append(m.Entries, c.entry())
	}
	return m, c.done()
}

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}

func (c *cursor) flag() bool {
	v := c.u8()
	if v > 1 {
		c.fail("flag %d", v)
	}
	return v == 1
}
