package archive

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/manifest"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// MaxOffer bounds an encoded offer, in bytes: it has to fit into a container's.
const MaxOffer = 64 << 10

// Offer is what is told of an archive.
type Offer struct {
	wire.Offer
	First []files.Entry // the first entries, as many as there is room for
	Whole bool          // there are no others
}

// Summary is what Survey finds.
type Summary struct {
	Offer   []byte // encoded
	Entries wire.Offer
	// Size is the number of bytes that Write writes, -1 if there is a stream.
	Size int64
	// Layout is a hash over all but the contents: names, sizes and times, and what is left
	// out. While it stays the same, each byte has its place.
	Layout [32]byte
}

// Survey walks a source and says what would be written, without reading any content.
func Survey(ctx context.Context, source files.Source, text bool) (Summary, error) {
	totals, err := source.Count(ctx)
	if err != nil {
		return Summary{}, &SourceError{err}
	}
	names := source.Names()
	s := Summary{Entries: wire.Offer{
		Text: text, Known: totals.Known, Files: totals.Files, Bytes: totals.Bytes, Stored: totals.Stored,
		Names: names[:min(len(names), wire.MaxOfferNames)],
	}}
	layout := sha256.New()
	p := pages{flush: func(_ context.Context, p *page) error {
		if p.Page == 0 {
			s.Offer = encodeOffer(s.Entries, p.Manifest)
		}
		head := p.head()
		layout.Write(head)
		s.Size += int64(len(head))
		for _, it := range p.items {
			switch it.Kind {
			case files.KindFile:
				s.Size += it.Size + trailerSize
			case files.KindStream:
				s.Entries.Known = false
			}
		}
		return nil
	}}
	if err := p.walk(ctx, source); err != nil {
		return Summary{}, &SourceError{err}
	}
	if !s.Entries.Known {
		s.Size = -1
	}
	s.Layout = [32]byte(layout.Sum(nil))
	return s, nil
}

// encodeOffer encodes an offer and as much of the first page as there is room for.
//
//	u16 length | Offer message | u16 length | Manifest message
func encodeOffer(o wire.Offer, first wire.Manifest) []byte {
	b := appendFrame(nil, o.Append(nil))
	preview := wire.Manifest{Last: first.Last}
	room := MaxOffer - len(b) - 2 - len(preview.Append(nil))
	for _, e := range first.Entries {
		if room -= e.EncodedLen(); room < 0 {
			preview.Last = false
			break
		}
		preview.Entries = append(preview.Entries, e)
	}
	return appendFrame(b, preview.Append(nil))
}

// ParseOffer parses an offer, which zeros may follow. The error wraps
// wire.ErrMalformed.
func ParseOffer(b []byte) (Offer, error) {
	message, rest, err := frame(b)
	if err != nil {
		return Offer{}, err
	}
	o, err := wire.ParseOffer(message)
	if err != nil {
		return Offer{}, err
	}
	if message, rest, err = frame(rest); err != nil {
		return Offer{}, err
	}
	m, err := wire.ParseManifest(message)
	if err != nil {
		return Offer{}, err
	}
	if len(rest) > 0 && !isZero(rest) {
		return Offer{}, malformed("something follows the offer")
	}
	offer := Offer{Offer: o, Whole: m.Last}
	for _, e := range m.Entries {
		offer.First = append(offer.First, manifest.FromWire(e))
	}
	return offer, nil
}

// frame divides b into a message behind its length and the rest.
func frame(b []byte) (message, rest []byte, err error) {
	if len(b) < 2 || int(binary.BigEndian.Uint16(b)) > len(b)-2 {
		return nil, nil, malformed("a message is longer than what there is")
	}
	n := 2 + int(binary.BigEndian.Uint16(b))
	return b[2:n], b[n:], nil
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", wire.ErrMalformed, fmt.Sprintf(format, args...))
}

func isZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}
