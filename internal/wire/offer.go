package wire

import "encoding/binary"

// MaxOfferNames bounds the names in an Offer.
const MaxOfferNames = 100

const (
	offerText       = 1 << 0
	offerKnown      = 1 << 1
	offerCompresses = 1 << 2

	offerHeader = 1 + 1 + 8 + 8 + 8 + 2

	// The limit of each name where the names are too long for one message.
	offerShare = (MaxMessage-offerHeader)/MaxOfferNames - 2
)

// Offer is what the sender proposes to send, before anything is written.
//
//	0x10 | flags u8 | files u64 | bytes u64 | stored u64 | count u16 | count x name str16
//
// Flag bit 0 is Text, bit 1 is Known, bit 2 is Compresses. A receiver that does not know
// a bit ignores it.
type Offer struct {
	Text  bool // the only file is a short text to be shown, not a file to be kept
	Known bool // Files and Bytes are exact; otherwise one of the files is a stream
	// Compresses asks whether the receiver takes segments whose payload is compressed.
	Compresses bool

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
	if o.Compresses {
		flags |= offerCompresses
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
	o := Offer{Text: flags&offerText != 0, Known: flags&offerKnown != 0, Compresses: flags&offerCompresses != 0}
	o.Files, o.Bytes, o.Stored = c.i64(), c.i64(), c.i64()
	n := c.count16(MaxOfferNames, 2)
	for range n {
		o.Names = append(o.Names, string(c.bytes16(MaxPath)))
	}
	return o, c.done()
}

// Accept answers an Offer: the receiver wants it.
//
//	0x11 | flags u8
//
// Flag bit 0 is Keeps, bit 1 is Expands. There are no others.
type Accept struct {
	Keeps   bool // what arrives is kept if the transfer is interrupted, for a later one
	Expands bool // compressed segments are taken; only in answer to Offer.Compresses
}

const (
	acceptKeeps   = 1 << 0
	acceptExpands = 1 << 1
)

// Append appends the message to b.
func (a Accept) Append(b []byte) []byte {
	var flags byte
	if a.Keeps {
		flags |= acceptKeeps
	}
	if a.Expands {
		flags |= acceptExpands
	}
	return append(b, byte(TypeAccept), flags)
}

// ParseAccept parses an Accept.
func ParseAccept(m []byte) (Accept, error) {
	c := message(m, TypeAccept)
	flags := c.u8()
	if flags&^(acceptKeeps|acceptExpands) != 0 {
		c.fail("flags %#02x", flags)
	}
	a := Accept{Keeps: flags&acceptKeeps != 0, Expands: flags&acceptExpands != 0}
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
