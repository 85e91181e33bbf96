package wire

import "encoding/binary"

// MaxOfferNames bounds the names in an Offer.
const MaxOfferNames = 100

const (
	offerText  = 1 << 0
	offerKnown = 1 << 1

	offerHeader = 1 + 1 + 8 + 8 + 8 + 2

	// The limit of each name where the names are too long for one message.
	offerShare = (MaxMessage-offerHeader)/MaxOfferNames - 2
)

// Offer is what the sender proposes to send, before anything is written.
//
//	0x10 | flags u8 | files u64 | bytes u64 | stored u64 | count u16 | count x name str16
//
// Flag bit 0 is Text, bit 1 is Known.
type Offer struct {
	Text  bool // the only file is a short text to be shown, not a file to be kept
	Known bool // Files and Bytes are exact; otherwise one of the files is a stream
	Files int64
	Bytes int64
	// Stored is how many bytes of a disk they take. It is less than Bytes for
	// sparse files.
	Stored int64
	Names  []string // of the paths that were sent, at most MaxOfferNames
}

// Append appends the message to b. If the names are too long for one message
// together, each is cut to the same share of it.
func (o Offer) Append(b []byte) []byte {
	var flags byte
	if o.Text {
		flags |= offerText
	}
	if o.Known {
		flags |= offerKnown
	}
	b = append(b, byte(TypeOffer), flags)
	b = binary.BigEndian.AppendUint64(b, uint64(o.Files))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Bytes))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Stored))
	b = binary.BigEndian.AppendUint16(b, uint16(len(o.Names)))
	size, limit := offerHeader, MaxPath
	for _, n := range o.Names {
		size += 2 + min(len(n), limit)
	}
	if size > MaxMessage {
		limit = offerShare
	}
	for _, n := range o.Names {
		b = appendBytes16(b, clip(n, limit))
	}
	return b
}

// ParseOffer parses an Offer.
func ParseOffer(m []byte) (Offer, error) {
	c := message(m, TypeOffer)
	flags := c.u8()
	o := Offer{Text: flags&offerText != 0, Known: flags&offerKnown != 0, Files: c.i64(), Bytes: c.i64(), Stored: c.i64()}
	n := c.count16(MaxOfferNames, 2)
	for range n {
		o.Names = append(o.Names, string(c.bytes16(MaxPath)))
	}
	return o, c.done()
}

// Accept answers an Offer: the receiver wants it.
//
//	0x11 | keeps u8
type Accept struct {
	Keeps bool // what arrives is kept if the transfer is interrupted, for a later one
}

// Append appends the message to b.
func (a Accept) Append(b []byte) []byte { return append(b, byte(TypeAccept), flag(a.Keeps)) }

// ParseAccept parses an Accept.
func ParseAccept(m []byte) (Accept, error) {
	c := message(m, TypeAccept)
	a := Accept{Keeps: c.flag()}
	return a, c.done()
}

// Decline answers an Offer: the receiver does not want it.
//
//	0x12 | reason str16
type Decline struct{ Reason string }

// Append appends the message to b.
func (d Decline) Append(b []byte) []byte {
	return appendBytes16(append(b, byte(TypeDecline)), clip(d.Reason, MaxMessageText))
}

// ParseDecline parses a Decline.
func ParseDecline(m []byte) (Decline, error) {
	c := message(m, TypeDecline)
	d := Decline{Reason: string(c.bytes16(MaxMessageText))}
	return d, c.done()
}
