package code

import (
	"slices"
	"strings"
	"testing"
)

func TestLists(t *testing.T) {
	l := words()
	if len(l.short) != 1295 || len(l.long) != 7772 {
		t.Fatalf("%d and %d words", len(l.short), len(l.long))
	}
	for _, list := range [][]string{l.short, l.long} {
		if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Error("a list is not sorted, or has a word twice")
		}
		for _, w := range list {
			if strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" || len(w) < 3 || len(w) > 10 {
				t.Errorf("%q", w)
			}
		}
	}
}

func TestEveryWordIsItself(t *testing.T) {
	l := words()
	for _, list := range [][]string{l.short, l.long} {
		for _, w := range list {
			if got, err := l.resolve(w); got != w || err != nil {
				t.Errorf("%q resolves to %q, %v", w, got, err)
			}
		}
	}
}

// Three letters are enough for a generated code's words, and no word of the
// short list begins another. Where what is left of a word is a word itself, the
// very word wins.
func TestPrefixes(t *testing.T) {
	l := words()
	for _, w := range l.short {
		if found := beginning(l.short, w[:3]); len(found) != 1 || found[0] != w {
			t.Errorf("%q begins %q", w[:3], found)
		}
		for n := 3; n < len(w); n++ {
			want := w
			if slices.Contains(l.long, w[:n]) {
				want = w[:n]
			}
			if got, err := l.resolve(w[:n]); got != want || err != nil {
				t.Errorf("%q resolves to %q, %v; want %q", w[:n], got, err, want)
			}
		}
	}
}

// One mistake in a word of the short list never makes another of that list.
func TestMistakesAreNoticed(t *testing.T) {
	l := words()
	for i, a := range l.short {
		for _, b := range l.short[i+1:] {
			if longer := len(a) - len(b); longer < -1 || longer > 1 {
				continue // that many letters apart at least
			}
			if d := distance([]rune(a), []rune(b)); d < 2 {
				t.Errorf("%q and %q are %d apart", a, b, d)
			}
		}
	}
}

// A word of the long list may be cut short only where that is no likely mistake.
func TestLongListPrefixes(t *testing.T) {
	l := words()
	for typed, want := range map[string]string{"acor": "acorn", "acorn": "acorn", "zigza": "zigzagged", "absenc": "absence"} {
		if got, err := l.resolve(typed); got != want || err != nil {
			t.Errorf("%q resolves to %q, %v; want %q", typed, got, err, want)
		}
	}
	for _, typed := range []string{"acron", "acronn", "acornn"} {
		if got, err := l.resolve(typed); err == nil {
			t.Errorf("%q resolves to %q", typed, got)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"acorn", "acorn", 0},
		{"", "acorn", 5},
		{"acorn", "", 5},
		{"acorn", "acorns", 1},
		{"acorn", "corn", 1},
		{"acorn", "adorn", 1},
		{"acorn", "acron", 1},
		{"acorn", "caorn", 1},
		{"acorn", "acrno", 2},
		{"kitten", "sitting", 3},
		{"ca", "abc", 3}, // 2 without the restriction
		{"café", "cafe", 1},
	} {
		for _, p := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := distance([]rune(p[0]), []rune(p[1])); got != c.want {
				t.Errorf("%q to %q: %d, want %d", p[0], p[1], got, c.want)
			}
		}
	}
}

// Of every word with two letters swapped, the hint has the word.
func TestNearestFindsSwaps(t *testing.T) {
	l := words()
	for i, w := range l.short {
		if i%20 != 0 || len(w) < 5 {
			continue
		}
		typed := w[:2] + w[3:4] + w[2:3] + w[4:]
		if _, err := l.resolve(typed); err == nil {
			continue // the same letter twice, or another word
		}
		if got := l.nearest(typed); !slices.Contains(got, w) || len(got) > maxNearest {
			t.Errorf("%q for %q: %q", typed, w, got)
		}
	}
}
