package wire

import "encoding/binary"

// MaxOmittedReason bounds, in bytes, the text for people about one omitted entry.
const MaxOmittedReason = 100

// Omitted names entries that the sender left out since the page before. It comes
// right before the page, at most once, and may name fewer than the page counts.
// LeftOut counts those that were left out on purpose, which is no failure; the
// others are those of Manifest.Omitted.
//
//	0x1E | left out u32 | count u16 | count x (on purpose u8 | path str16 | reason str16)
type Omitted struct {
	LeftOut uint32
	Entries []OmittedEntry
}

// OmittedEntry is an entry that was left out, and why.
type OmittedEntry struct {
	OnPurpose bool
	Path      string // as Entry.Path
	Reason    string
}

const (
	omittedHeader = 1 + 4 + 2
	omittedMin    = 1 + 2 + 2
)

// EncodedLen is the number of bytes that the entry takes in its message.
func (e OmittedEntry) EncodedLen() int {
	return omittedMin + len(clip(e.Path, MaxPath)) + len(clip(e.Reason, MaxOmittedReason))
}

// Fits reports whether the message has room for e besides other entries of that
// many bytes.
func (o Omitted) Fits(bytes int, e OmittedEntry) bool {
	return len(o.Entries) < MaxPageEntries && omittedHeader+bytes+e.EncodedLen() <= MaxPageBytes
}

// Append appends the message to b.
func (o Omitted) Append(b []byte) []byte {
	b = append(b, byte(TypeOmitted))
	b = binary.BigEndian.AppendUint32(b, o.LeftOut)
	b = binary.BigEndian.AppendUint16(b, uint16(len(o.Entries)))
	for _, e := range o.Entries {
		b = append(b, flag(e.OnPurpose))
		b = appendBytes16(b, clip(e.Path, MaxPath))
		b = appendBytes16(b, clip(e.Reason, MaxOmittedReason))
	}
	return b
}

// ParseOmitted parses an Omitted.
func ParseOmitted(m []byte) (Omitted, error) {
	c := message(m, TypeOmitted)
	o := Omitted{LeftOut: c.u32()}
	n := c.count16(MaxPageEntries, omittedMin)
	for range n {
		o.Entries = append(o.Entries, OmittedEntry{
			OnPurpose: c.flag(), Path: string(c.bytes16(MaxPath)), Reason: string(c.bytes16(MaxOmittedReason)),
		})
	}
	return o, c.done()
}
