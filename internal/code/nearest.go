package code

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

const (
	maxNearest = 3
	maxTypo    = 16 // letters; what is longer is no typing mistake of any word
)

// nearest returns at most maxNearest words that may have been meant by typed:
// the nearest first; of equally near ones those of the short list first.
func (l lexicon) nearest(typed string) []string {
	letters := []rune(typed)
	if len(letters) > maxTypo {
		return nil
	}
	limit := 1 + len(letters)/3
	type candidate struct {
		word     string
		distance int
	}
	var found []candidate
	for _, list := range [][]string{l.short, l.long} {
		for _, w := range list {
			if d := distance(letters, []rune(w)); d <= limit && d < len(letters) {
				found = append(found, candidate{w, d})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var out []string
	for _, c := range found {
		if len(out) < maxNearest && !slices.Contains(out, c.word) {
			out = append(out, c.word)
		}
	}
	return out
}

// mistakable reports whether typed, which begins whole, is one mistake away from
// another word: the long list is so dense that "acron" could be acronym cut
// short, and is acorn.
func (l lexicon) mistakable(typed, whole string) bool {
	letters := []rune(typed)
	near := func(w string) bool { return w != whole && distance(letters, []rune(w)) == 1 }
	return slices.ContainsFunc(l.short, near) || slices.ContainsFunc(l.long, near)
}

// distance is the Damerau-Levenshtein distance in its restricted form (optimal
// string alignment): letters left out, added, changed, or swapped with the next.
func distance(a, b []rune) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, above, row = above, row, before
		row[0] = i + 1
		for j := range b {
			changed := above[j]
			if a[i] != b[j] {
				changed++
			}
			row[j+1] = min(changed, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}

// clip shortens what was typed to what an error can quote.
func clip(typed string) string {
	const most = 2 * maxTypo
	if utf8.RuneCountInString(typed) <= most {
		return typed
	}
	return string([]rune(typed)[:most]) + "…"
}
