package destination

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// On the way from the innermost folder outwards most folders are still open, and
// no more are open than allowed.
func TestDirsKeepTheWay(t *testing.T) {
	const depth, more = 40, 8
	dest, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dest.Close()
	deep := "d" + strings.Repeat("/d", depth-1)
	if err := dest.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	look := dirs{base: dest, extra: more}
	misses := 0
	for p := deep; p != ""; p, _ = split(p) {
		before := slices.Clone(look.chain)
		dir, err := look.open(p)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(before, dir) {
			misses++
		}
		want, err := dest.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := dir.File.Stat(); err != nil || !os.SameFile(got, want) {
			t.Fatalf("%s is another folder, %v", p, err)
		}
		if len(look.chain) > 1+more {
			t.Fatalf("%d folders are open", len(look.chain))
		}
	}
	if misses > depth/more+1 {
		t.Errorf("the way was looked up %d times", misses)
	}
	if err := look.close(); err != nil {
		t.Error(err)
	}
}
