package ratchet_test

import (
	"bytes"
	"testing"

	"github.com/tallow-transfer/tallow/internal/ratchet"
)

func FuzzOpen(f *testing.F) {
	a, b := pair(f)
	m := a.seal("hello")
	f.Add(m)
	f.Add([]byte{})
	before := b.bytes()
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := b.Open(message, associated, b.now)
		if err == nil && !bytes.Equal(message, m) {
			t.Errorf("%q was opened", got)
		}
		s, err := ratchet.Parse(before)
		if err != nil {
			t.Fatal(err)
		}
		b.Session = s
	})
}

func FuzzParse(f *testing.F) {
	a, b := pair(f)
	a.seal("lost")
	exchange(a, b)
	f.Add(a.bytes())
	f.Add(b.bytes())
	f.Fuzz(func(t *testing.T, state []byte) {
		s, err := ratchet.Parse(state)
		if err != nil {
			return
		}
		if again, err := s.Append(nil); err != nil || !bytes.Equal(again, state) {
			t.Errorf("%x became %x, %v", state, again, err)
		}
	})
}

// A message that is well sealed may still break the rules, if the other device does.
func FuzzHeader(f *testing.F) {
	f.Add(make([]byte, ratchet.HeaderSize))
	f.Fuzz(func(t *testing.T, header []byte) {
		a, b := pair(t)
		exchange(a, b)
		m, err := ratchet.SealHeader(a.Session, header, associated)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := b.Open(m, associated, b.now); err == nil {
			t.Errorf("%q was opened", got)
		}
		exchange(a, b)
	})
}

func BenchmarkStep(b *testing.B) {
	one, other := pair(b)
	for b.Loop() {
		exchange(one, other)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(2*b.N), "µs/message")
}
