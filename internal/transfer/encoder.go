//go:build !js

package transfer

import (
	"github.com/klauspost/compress/zstd"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// encoderWindow is the smallest power of two of which a segment needs no more.
const encoderWindow = 64 << 10

// newEncoder returns an encoder for segments.
func newEncoder() encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(encoderWindow), zstd.WithEncoderCRC(false))
	if err != nil {
		panic("transfer: " + err.Error()) // the options are constants
	}
	return e
}

// A segment fits into the encoder's window.
var _ [encoderWindow - wire.MaxSegment]struct{}
