package bundle

import (
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// received receives a small file, all of it or the beginning, and returns the name of
// its bundle.
func received(t *testing.T, m *memory, path string, whole bool) string {
	t.Helper()
	s := openStore(t, m)
	defer s.Close()
	if err := s.Begin(t.Context(), []string{path}, 0); err != nil {
		t.Fatal(err)
	}
	if whole {
		data := content(7, 100)
		f, err := s.Prepare(t.Context(), 0, file1(path, len(data)))
		if err != nil {
			t.Fatal(err)
		}
		put(t, f, data, 0)
		if errs := s.Commit(t.Context(), []files.File{f}); errs[0] != nil {
			t.Fatal(errs[0])
		}
		if err := s.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s.Chosen().Name()
}

// What was saved is deleted after an hour, and nothing else is.
func TestExpire(t *testing.T) {
	m := newMemory()
	began := time.Now()
	for path, saved := range map[string]time.Duration{"early": 0, "later": 40 * time.Minute} {
		at := began.Add(saved)
		if err := Use(t.Context(), m, received(t, m, path, true), func(b *Bundle) error { return b.MarkSaved(at) }); err != nil {
			t.Fatal(err)
		}
	}
	received(t, m, "not saved", true)
	received(t, m, "unfinished", false)

	for _, tt := range []struct {
		after, next time.Duration // since it began; 0: nothing is due
		left        int
	}{
		{0, time.Hour, 4},
		{time.Hour - time.Second, time.Hour, 4},
		{time.Hour, 100 * time.Minute, 3},
		{99 * time.Minute, 100 * time.Minute, 3},
		{100 * time.Minute, 0, 2},
		{1000 * time.Hour, 0, 2},
	} {
		s := openStore(t, m)
		next := s.Expire(t.Context(), began.Add(tt.after))
		switch {
		case tt.next == 0 && !next.IsZero():
			t.Errorf("after %v: something is due at %v", tt.after, next.Sub(began))
		case tt.next != 0 && !next.Equal(began.Add(tt.next)):
			t.Errorf("after %v: the next is due at %v, want %v", tt.after, next.Sub(began), tt.next)
		}
		if len(s.Kept()) != tt.left || len(m.bundles) != tt.left {
			t.Errorf("after %v: %d are listed and %d stored, want %d", tt.after, len(s.Kept()), len(m.bundles), tt.left)
		}
	}
}
