package transfer

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// pretended is a clock, and an encoder that takes time by it.
type pretended struct {
	now    time.Time
	perKiB time.Duration // that the encoder takes
	keeps  float64       // the share of the bytes that it keeps
	calls  int
}

func (p *pretended) EncodeAll(src, dst []byte) []byte {
	p.calls++
	p.now = p.now.Add(time.Duration(len(src)) * p.perKiB / 1024)
	return append(dst, src[:int(float64(len(src))*p.keeps)]...)
}

// send pretends to send blocks of 1 MiB over a lane, and returns how many bytes of them
// came into records.
func (p *pretended) send(c *compressor, blocks int, laneKiB time.Duration) (sent int) {
	raw := make([]byte, wire.MaxSegment)
	c.enc, c.out, c.clock = p, make([]byte, wire.SegmentHeader), func() time.Time { return p.now }
	for range blocks {
		c.block(true)
		for range 16 {
			n := len(raw)
			if packed := c.compress(wire.Segment{BlockLen: wire.BlockSize}, raw); packed != nil {
				n = len(packed) - wire.SegmentHeader
			}
			sent += n
			_ = c.timed(n, func() error { p.now = p.now.Add(time.Duration(n) * laneKiB / 1024); return nil })
		}
	}
	return sent
}

func TestCompressAuto(t *testing.T) {
	const all = 100 * 16 * wire.MaxSegment
	for name, c := range map[string]struct {
		lane, encoder time.Duration // for a KiB
		keeps         float64
		most, least   float64 // the share of the bytes that crosses
		calls         int     // of the encoder, at most
	}{
		"a slow lane, what shrinks":         {100 * time.Microsecond, 4 * time.Microsecond, 0.3, 0.35, 0.3, 1600},
		"a slow lane, what does not shrink": {100 * time.Microsecond, 4 * time.Microsecond, 1, 1, 1, 15},
		"a lane as fast as the encoder":     {4100 * time.Nanosecond, 4 * time.Microsecond, 0.5, 1, 0.98, 15},
		"a fast lane":                       {time.Microsecond, 4 * time.Microsecond, 0.1, 1, 1, 0},
		"a slow encoder":                    {50 * time.Microsecond, 400 * time.Microsecond, 0.1, 1, 0.98, 2},
	} {
		t.Run(name, func(t *testing.T) {
			p := &pretended{now: time.Unix(0, 0), perKiB: c.encoder, keeps: c.keeps}
			share := float64(p.send(newCompressor(CompressAuto), 100, c.lane)) / all
			if share > c.most || share < c.least || p.calls > c.calls {
				t.Errorf("%.3f of the bytes crossed, after %d calls", share, p.calls)
			}
		})
	}
}

// A lane that becomes slow is noticed, and so is one that becomes fast.
func TestCompressAutoFollowsTheLane(t *testing.T) {
	p := &pretended{now: time.Unix(0, 0), perKiB: 4 * time.Microsecond, keeps: 0.5}
	c := newCompressor(CompressAuto)
	const blocks = 20 * 16 * wire.MaxSegment
	fast := p.send(c, 20, time.Microsecond)
	slow := p.send(c, 20, 100*time.Microsecond)
	again := p.send(c, 20, time.Microsecond)
	if fast != blocks || slow > blocks*2/3 || again < blocks*2/3 {
		t.Errorf("of %d bytes %d, %d and %d crossed", blocks, fast, slow, again)
	}
}

func TestCompressOffAndOn(t *testing.T) {
	p := &pretended{keeps: 0.5, perKiB: time.Hour}
	if n := p.send(newCompressor(CompressOff), 1, 0); n != 16*wire.MaxSegment || p.calls > 0 {
		t.Errorf("off: %d bytes, %d calls", n, p.calls)
	}
	if n := p.send(newCompressor(CompressOn), 1, 0); n > 16*wire.MaxSegment/2 || p.calls != 16 {
		t.Errorf("on: %d bytes, %d calls", n, p.calls)
	}
	c := newCompressor(CompressOn)
	c.enc = p
	c.block(false)
	if c.compress(wire.Segment{}, []byte("x")) != nil {
		t.Error("compressed for a peer that does not take it")
	}
}

// What is compressed expands to the same, and bytes without order are sent as they are.
func TestCompressedSegment(t *testing.T) {
	x := newExpander()
	buf := make([]byte, wire.MaxPlaintext)
	text := []byte(strings.Repeat("a line of a log\n", wire.BlockSize/16))
	noise := make([]byte, wire.BlockSize)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	c := newCompressor(CompressOn)
	for _, size := range []int{1, 100, wire.MaxSegment - 1, wire.MaxSegment, wire.MaxSegment + 1, wire.BlockSize} {
		c.block(true)
		for start := 0; start < size; start += wire.MaxSegment {
			n := min(size-start, wire.MaxSegment)
			seg := wire.Segment{File: 3, Offset: wire.BlockSize + int64(start), BlockLen: uint32(size)}
			if c.compress(seg, noise[start:start+n]) != nil {
				t.Errorf("%d bytes of noise became shorter", n)
			}
			packed := c.compress(seg, text[start:start+n])
			if packed == nil {
				if n > 100 {
					t.Errorf("%d bytes of text do not become shorter", n)
				}
				continue
			}
			got, rest, err := wire.NextSegment(packed)
			if err != nil || len(rest) > 0 || !got.Compressed || got.RawLen() != n {
				t.Fatalf("%d bytes: %+v, %v", n, got, err)
			}
			got, err = x.expand(got, buf)
			if err != nil || got.Compressed || !bytes.Equal(got.Payload, text[start:start+n]) {
				t.Errorf("%d bytes expand to %d: %v", n, len(got.Payload), err)
			}
		}
	}
}

// A frame that is not exactly what it should be is refused, and never expands to more
// than its place.
func TestExpandHostile(t *testing.T) {
	encode := func(n int, o ...zstd.EOption) []byte {
		e, err := zstd.NewWriter(nil, o...)
		if err != nil {
			t.Fatal(err)
		}
		return e.EncodeAll(make([]byte, n), nil)
	}
	streamed := func(n int) []byte { // does not say how long it is
		var b bytes.Buffer
		e, err := zstd.NewWriter(&b, zstd.WithWindowSize(zstd.MinWindowSize))
		if err != nil {
			t.Fatal(err)
		}
		for range n / 1000 {
			_, _ = e.Write(make([]byte, 1000))
			_ = e.Flush()
		}
		_ = e.Close()
		return b.Bytes()
	}
	good := encode(1000)
	seg := wire.Segment{BlockLen: 1000, Compressed: true}
	x := newExpander()
	buf := bytes.Repeat([]byte{0xAA}, wire.MaxPlaintext)
	for name, payload := range map[string][]byte{
		"a bomb":                     encode(64 << 20),
		"a bomb without a length":    streamed(8 << 20),
		"one byte more":              encode(1001),
		"one byte less":              encode(999),
		"several frames":             append(encode(600), encode(600)...),
		"a large window":             streamedWindow(t, 8<<20),
		"cut short":                  good[:len(good)-1],
		"nothing":                    {},
		"no frame":                   []byte("this is no frame"),
		"a frame with something off": append([]byte{good[0] ^ 1}, good[1:]...),
	} {
		seg.Payload = payload
		if got, err := x.expand(seg, buf); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %d bytes, %v", name, len(got.Payload), err)
		}
		if i := bytes.IndexFunc(buf[1000:], func(r rune) bool { return r != 0xFFFD }); i >= 0 {
			t.Errorf("%s: the byte %d behind its place was written", name, i)
		}
	}
	seg.Payload = good
	if _, err := x.expand(seg, buf); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// streamedWindow is a frame that asks for a window of so many bytes.
func streamedWindow(t *testing.T, window int) []byte {
	var b bytes.Buffer
	e, err := zstd.NewWriter(&b, zstd.WithWindowSize(window), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = e.Write(make([]byte, 500))
	_ = e.Flush()
	_, _ = e.Write(make([]byte, 500))
	_ = e.Close()
	return b.Bytes()
}

func FuzzExpand(f *testing.F) {
	e, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.EncodeAll([]byte(strings.Repeat("ab", 500)), nil), uint32(1000))
	f.Add([]byte{0x28, 0xB5, 0x2F, 0xFD}, uint32(wire.BlockSize))
	x := newExpander()
	f.Fuzz(func(t *testing.T, payload []byte, length uint32) {
		seg := wire.Segment{BlockLen: length%wire.BlockSize + 1, Compressed: true, Payload: payload}
		buf := make([]byte, wire.MaxPlaintext)
		got, err := x.expand(seg, buf)
		if err == nil && len(got.Payload) != seg.RawLen() {
			t.Errorf("%d bytes instead of %d", len(got.Payload), seg.RawLen())
		}
	})
}
