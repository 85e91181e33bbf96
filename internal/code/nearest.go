package code

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

const (
	maxNearest = 3
	maxTypo    = 16 // letters; a longer text resembles no word
)

// nearest returns at most maxNearest words that may have been meant by typed, the
// nearest first. Of equally near ones, those of the short list come first.
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

// mistakable reports whether typed, which is the beginning of whole, is one typing
// mistake away from another word. The long list is so dense that "acron" could be
// the beginning of acronym, and is meant to be acorn.
func (l lexicon) mistakable(typed, whole string) bool {
	letters := []rune(typed)
	near := func(w string) bool { return w != whole && distance(letters, []rune(w)) == 1 }
	return slices.ContainsFunc(l.short, near) || slices.ContainsFunc(l.long, near)
}

// distance is the restricted Damerau-Levenshtein distance (optimal string
// alignment): the number of letters to add, leave out, replace, or swap with the
// next one, where no part is edited twice.
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

// clip shortens what was typed so that an error can quote it.
func clip(typed string) string {
	const most = 2 * maxTypo
	if utf8.RuneCountInString(typed) <= most {
		return typed
	}
	return string([]rune(typed)[:most]) + "…"
}
