package transfer

import (
	"github.com/klauspost/compress/zstd"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// expander expands the payloads of compressed segments. It is safe for concurrent use.
type expander struct{ decoder *zstd.Decoder }

func newExpander() *expander {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxExpanded),
		zstd.WithDecoderMaxWindow(maxExpanded), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic("transfer: " + err.Error()) // the options are constants
	}
	return &expander{d}
}

// maxExpanded bounds what a frame may expand to, and the window that it may ask for, in
// bytes. It is a power of two that is at least wire.MaxSegment.
const maxExpanded = 64 << 10

// expand expands a segment into a buffer of at least wire.MaxSegment bytes. The payload
// has to be exactly as long as its place in the block: no more than that is ever
// written.
func (x *expander) expand(seg wire.Segment, buf []byte) (wire.Segment, error) {
	want := seg.RawLen()
	raw, err := x.decoder.DecodeAll(seg.Payload, buf[:0:want])
	switch {
	case err != nil:
		return seg, protocol("a compressed segment: %v", err)
	case len(raw) != want:
		return seg, protocol("a compressed segment has %d bytes, not %d", len(raw), want)
	}
	seg.Payload, seg.Compressed = raw, false
	return seg, nil
}
