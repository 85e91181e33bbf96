package transfer

import (
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Files of several blocks and streams are told from their first block until they are
// settled, the first of them first.
func TestUnderway(t *testing.T) {
	const size = 5 * wire.BlockSize
	var p Progress
	p.underway.advance(7, files.KindFile, "later", size, wire.BlockSize)
	p.underway.advance(3, files.KindFile, "first", size, wire.BlockSize)
	p.underway.advance(3, files.KindFile, "first", size, wire.BlockSize)
	p.underway.advance(4, files.KindFile, "small", wire.BlockSize, wire.BlockSize)
	p.underway.advance(5, files.KindStream, "stream", 0, 10)
	first, stream, later := FileProgress{"first", 2 * wire.BlockSize, size}, FileProgress{"stream", 10, 0}, FileProgress{"later", wire.BlockSize, size}
	if got := p.Underway(8); !slices.Equal(got, []FileProgress{first, stream, later}) {
		t.Errorf("%v", got)
	}
	if got := p.Underway(1); !slices.Equal(got, []FileProgress{first}) {
		t.Errorf("one of them: %v", got)
	}
	p.underway.settle(3)
	p.underway.settle(4)
	if got := p.Underway(8); !slices.Equal(got, []FileProgress{stream, later}) {
		t.Errorf("after one is settled: %v", got)
	}
	p.underway.clear()
	if got := p.Underway(8); len(got) != 0 {
		t.Errorf("after the end: %v", got)
	}
}
