package source

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// A walk that has to close folders on its way down goes on in each of them where it
// was.
func TestWalkWithFewDescriptors(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	in, made := top, 0
	for range 10 {
		for _, name := range []string{"down", "side"} {
			if err := os.MkdirAll(filepath.Join(in, name), 0o755); err != nil {
				t.Fatal(err)
			}
			made++
		}
		for i := range 50 {
			if err := os.WriteFile(filepath.Join(in, fmt.Sprintf("f%d", i)), []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
			made++
		}
		in = filepath.Join(in, "down")
	}
	for _, b := range []descriptors.Budget{{}, descriptors.Of(0)} {
		s, err := NewPaths(t.Context(), []string{top}, Options{Descriptors: b})
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]int)
		err = s.Walk(t.Context(), func(it files.Item) error {
			if it.Err != nil {
				t.Error(it.Path, it.Err)
			}
			seen[it.Path]++
			if it.Open == nil {
				return nil
			}
			f, err := it.Open()
			if err != nil {
				return err
			}
			return f.Close()
		})
		if err != nil {
			t.Error(err)
		}
		if len(seen) != made+1 {
			t.Errorf("%d entries, want %d", len(seen), made+1)
		}
		for p, n := range seen {
			if n != 1 {
				t.Errorf("%s came %d times", p, n)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
