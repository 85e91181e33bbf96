package longhaul

import (
	"math/rand/v2"
	"testing"
)

// A set of ranges has the elements that a set of integers has.
func TestRanges(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const most = 60
	for range 300 {
		var r rangeSet
		var want [most]bool
		for range 40 {
			s := span{random.Uint64N(most), random.Uint64N(most)}
			switch random.IntN(7) {
			case 0, 1, 2:
				r.add(s)
				set(want[:], s, true)
			case 3, 4, 5:
				r.remove(s)
				set(want[:], s, false)
			default:
				n := random.Uint64N(most / 4)
				r.removeBelow(n)
				set(want[:], span{0, n}, false)
			}
			for i, in := range want {
				if r.contains(uint64(i)) != in {
					t.Fatalf("%v: whether %d is in it", r.spans, i)
				}
			}
			for i, s := range r.spans {
				if s.start >= s.end || i > 0 && r.spans[i-1].end >= s.start {
					t.Fatalf("%v is not in order", r.spans)
				}
			}
			checkSubtract(t, &r, want[:], span{random.Uint64N(most), random.Uint64N(most)})
		}
	}
}

func set(all []bool, s span, in bool) {
	for i := s.start; i < s.end; i++ {
		all[i] = in
	}
}

func checkSubtract(t *testing.T, r *rangeSet, in []bool, s span) {
	t.Helper()
	var want span
	for i := s.start; i < s.end; i++ {
		if !in[i] {
			want = span{i, i + 1}
			for want.end < s.end && !in[want.end] {
				want.end++
			}
			break
		}
	}
	got, ok := r.subtract(s)
	if ok != (want.start < want.end) || ok && got != want {
		t.Fatalf("%v without %v: %v, %t; want %v", s, r.spans, got, ok, want)
	}
}

// A buffer gives what was written, in whatever order, and forgets what was released.
func TestBuffer(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var b buffer
	value := func(offset uint64) byte { return byte(offset*2654435761>>13) ^ byte(offset) }
	var released, end uint64
	for range 200 {
		n := 1 + random.Uint64N(3*chunkSize)
		piece := make([]byte, n)
		for i := range piece {
			piece[i] = value(end + uint64(i))
		}
		half := n / 2
		b.write(end+half, piece[half:])
		b.write(end, piece[:half])
		end += n
		got := make([]byte, end-released)
		b.read(released, got)
		for i := range got {
			if got[i] != value(released+uint64(i)) {
				t.Fatalf("byte %d is wrong", released+uint64(i))
			}
		}
		released += random.Uint64N(end - released + 1)
		b.release(released)
		if have := uint64(len(b.chunks)) * chunkSize; have > end-released+2*chunkSize {
			t.Fatalf("%d bytes are held for %d", have, end-released)
		}
	}
}
