package trunk

import "testing"

// The window begins with number 0 and moves with the highest number; what is
// behind it is refused, as is what has come before.
func TestReplays(t *testing.T) {
	r := newReplayDetector()
	for _, tt := range []struct {
		n    uint64
		want bool
	}{
		{0, true},
		{0, false},
		{2, true},
		{1, true},
		{1, false},
		{replayWindow + 1, true},
		{1, false}, // too old
		{3, true},  // just inside
		{3, false},
		{10 * replayWindow, true},
		{10*replayWindow - 1, true},
		{9*replayWindow + 1, true},
		{9*replayWindow + 1, false},
		{9 * replayWindow, false},
		{1 << 60, true},
		{10 * replayWindow, false},
		{1<<60 - 1, true},
		{1<<64 - 2, true},
		{1<<64 - 1, false}, // there is none after it
		{1<<64 - 2, false},
	} {
		if got := r.accept(tt.n); got != tt.want {
			t.Errorf("number %d: %v", tt.n, got)
		}
	}
}

func BenchmarkReplayDetector(b *testing.B) {
	r := newReplayDetector()
	for n := uint64(0); b.Loop(); n++ {
		if !r.accept(n) {
			b.Fatal("a new number is refused")
		}
	}
}
