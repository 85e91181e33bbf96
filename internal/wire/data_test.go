package wire

import (
	"bytes"
	"testing"
)

func TestSegmentsFollowEachOther(t *testing.T) {
	first := Segment{File: 1, BlockLen: 2, Payload: []byte("ab")}
	second := Segment{File: 2, Offset: BlockSize, BlockLen: 3, Payload: []byte("c")}
	record := second.Append(first.Append(nil))

	got, rest, err := NextSegment(record)
	if err != nil || got.File != 1 || string(got.Payload) != "ab" || len(rest) != SegmentHeader+1 {
		t.Fatalf("first: %+v, %d bytes left, %v", got, len(rest), err)
	}
	got, rest, err = NextSegment(rest)
	if err != nil || got.File != 2 || string(got.Payload) != "c" || len(rest) != 0 {
		t.Fatalf("second: %+v, %d bytes left, %v", got, len(rest), err)
	}
	// What was parsed cannot grow into what follows it.
	if s, _, _ := NextSegment(record); cap(s.Payload) != len(s.Payload) {
		t.Errorf("a payload of %d bytes with room for %d", len(s.Payload), cap(s.Payload))
	}
}

func TestSegmentPlaces(t *testing.T) {
	for _, c := range []struct {
		s     Segment
		block uint32
		start int
		whole bool
	}{
		{Segment{BlockLen: 1, Payload: []byte("a")}, 0, 0, true},
		{Segment{Offset: 1, BlockLen: 2, Payload: []byte("a")}, 0, 1, false},
		{Segment{Offset: BlockSize - 1, BlockLen: BlockSize, Payload: []byte("a")}, 0, BlockSize - 1, false},
		{Segment{Offset: BlockSize, BlockLen: 1, Payload: []byte("a")}, 1, 0, true},
		{Segment{Offset: MaxFileSize - 1, BlockLen: BlockSize, Payload: []byte("a")}, 1<<32 - 2, BlockSize - 1, false},
	} {
		if c.s.Block() != c.block || c.s.Start() != c.start || c.s.Whole() != c.whole {
			t.Errorf("offset %d: block %d at %d, whole %v", c.s.Offset, c.s.Block(), c.s.Start(), c.s.Whole())
		}
	}
}

func TestSegmentHeader(t *testing.T) {
	s := Segment{File: 1, Offset: 2, BlockLen: 5, Hash: caseHash(), Payload: []byte("abc")}
	whole := s.Append(nil)
	if head := s.AppendHeader(nil, 3); len(head) != SegmentHeader || !bytes.Equal(head, whole[:SegmentHeader]) {
		t.Errorf("header %x of %x", head, whole)
	}
	largest := Segment{BlockLen: BlockSize, Payload: make([]byte, MaxSegment)}
	if n := len(largest.Append(nil)); n != MaxPlaintext {
		t.Errorf("the largest segment has %d bytes, a record holds %d", n, MaxPlaintext)
	}
}

func TestBlocks(t *testing.T) {
	for size, want := range map[int64]uint32{
		0: 0, 1: 1, BlockSize - 1: 1, BlockSize: 1, BlockSize + 1: 2, MaxFileSize - 1: 1<<32 - 1, MaxFileSize: 1<<32 - 1,
	} {
		if got := Blocks(size); got != want {
			t.Errorf("%d bytes are %d blocks, want %d", size, got, want)
		}
	}
}

func TestCompressedSegments(t *testing.T) {
	s := Segment{File: 1, Offset: BlockSize + MaxSegment, BlockLen: MaxSegment + 5, Payload: []byte("abcd"), Compressed: true}
	b := s.Append(nil)
	if s.RawLen() != 5 || b[20] != 0x80 || b[23] != 4 {
		t.Errorf("%d raw bytes, header %x", s.RawLen(), b[:SegmentHeader])
	}
	got, rest, err := NextSegment(b)
	if err != nil || !got.Compressed || len(rest) > 0 || !bytes.Equal(got.Append(nil), b) {
		t.Errorf("%+v, %d bytes left, %v", got, len(rest), err)
	}
	for name, bad := range map[string]Segment{
		"no shorter than it was":    {BlockLen: 4, Payload: []byte("abcd")},
		"empty":                     {BlockLen: 4},
		"behind the end of a block": {Offset: 9, BlockLen: 9, Payload: []byte("a")},
		"longer than a segment":     {BlockLen: BlockSize, Payload: make([]byte, MaxSegment)},
	} {
		bad.Compressed = true
		if _, _, err := NextSegment(bad.Append(nil)); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}
