package transfer

import (
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Compress says whether the sender compresses segments of blocks, if the receiver takes
// that. Small files that share a record are never compressed.
type Compress uint8

// The settings. The zero value is CompressOff.
const (
	CompressOff  Compress = iota
	CompressAuto          // where that is faster than not to
	CompressOn            // whatever becomes shorter by it
)

// How CompressAuto decides.
const (
	// slowLane is the least time that a lane takes for a byte, in nanoseconds, for a try: faster
	// than 250 MB/s no compressor is, and it would only take the processor's time.
	slowLane = 4.0
	// smoothing is the weight of the newest of the times that are averaged.
	smoothing = 1.0 / 16
	// maxSkipped is how many blocks are skipped after tries that were not worth it.
	maxSkipped = 16
)

// encoder compresses. It returns dst with one frame appended.
type encoder interface {
	EncodeAll(src, dst []byte) []byte
}

// compressor decides for one lane what is compressed, and does it. It is used by the
// lane's pump alone. Compressing costs the time that it takes, and saves what the lane
// would have taken for the bytes that it removes. With CompressAuto the first segment of
// a block is a sample, which decides about the rest of the block.
type compressor struct {
	mode  Compress
	enc   encoder // nil until it is needed, and in a browser
	out   []byte  // a record's plaintext
	clock func() time.Time

	laneTime float64 // that the lane takes for a byte of a record, in nanoseconds, on average
	workTime float64 // that compressing takes for a byte, likewise; 0 before the first try

	// Of the block that is being sent.
	tries  bool // its next segment is compressed
	sample bool // that segment is the first one

	skip   int // blocks still to be skipped
	failed int // tries in a row that were not worth it
}

func newCompressor(mode Compress) *compressor { return &compressor{mode: mode, clock: time.Now} }

// block begins a block. Expands says whether the peer takes compressed segments.
func (c *compressor) block(expands bool) {
	c.sample = true
	switch {
	case !expands || c.mode == CompressOff:
		c.tries = false
	case c.mode == CompressOn:
		c.tries = true
	case c.laneTime < slowLane || c.laneTime < c.workTime:
		c.tries = false
	case c.skip > 0:
		c.skip--
		c.tries = false
	default:
		c.tries = true
	}
}

// compress returns the plaintext of a record with a segment whose raw payload is given,
// or nil if it is to be sent as it is. The result is valid until the next call.
func (c *compressor) compress(seg wire.Segment, raw []byte) []byte {
	sample := c.sample
	c.sample = false
	if !c.tries {
		return nil
	}
	if c.enc == nil {
		if c.enc = newEncoder(); c.enc == nil {
			c.tries = false
			return nil
		}
		c.out = make([]byte, wire.SegmentHeader, wire.MaxPlaintext+wire.SegmentHeader)
	}
	began := c.clock()
	c.out = c.enc.EncodeAll(raw, c.out[:wire.SegmentHeader])
	took := float64(c.clock().Sub(began)) / float64(len(raw))
	c.workTime = average(c.workTime, took)
	n := len(c.out) - wire.SegmentHeader
	if c.mode == CompressAuto && sample {
		c.judge(1 - float64(n)/float64(len(raw)))
	}
	if n >= len(raw) {
		return nil
	}
	seg.Compressed = true
	seg.AppendHeader(c.out[:0], n)
	return c.out
}

// judge decides, by the share of the bytes that a sample has lost, about the rest of its
// block, and about the next blocks if it was not worth it.
func (c *compressor) judge(saved float64) {
	if saved*c.laneTime > c.workTime {
		c.failed = 0
		return
	}
	c.tries = false
	c.failed = min(c.failed+1, 5)
	c.skip = min(1<<c.failed, maxSkipped)
}

// timed sends a record of n bytes and notes how long the lane took for it.
func (c *compressor) timed(n int, send func() error) error {
	if c.mode != CompressAuto {
		return send()
	}
	began := c.clock()
	err := send()
	c.laneTime = average(c.laneTime, float64(c.clock().Sub(began))/float64(n))
	return err
}

// average adds a value to a moving average, whose first value is the average.
func average(old, value float64) float64 {
	if old == 0 {
		return value
	}
	return old + (value-old)*smoothing
}
