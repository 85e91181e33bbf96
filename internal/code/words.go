package code

import (
	"slices"
	"strings"
	"sync"

	"github.com/sethvargo/go-diceware/diceware"
)

// lexicon has the words of codes, each list sorted. Words with a dash in them
// (yo-yo) are left out, since a dash is what separates words.
type lexicon struct {
	short []string // the EFF's short list 2.0: generated codes
	long  []string // the EFF's long list, for words that people choose
}

// words returns the lexicon, which it makes on the first call and which is not
// to be changed.
var words = sync.OnceValue(func() lexicon {
	return lexicon{short: listed(diceware.WordListEffSmall()), long: listed(diceware.WordListEffLarge())}
})

// listed returns the words of a list, sorted: one for each roll of its dice.
func listed(list diceware.WordList) []string {
	rolls := []int{0}
	for range list.Digits() {
		var longer []int
		for _, r := range rolls {
			for die := 1; die <= 6; die++ {
				longer = append(longer, 10*r+die)
			}
		}
		rolls = longer
	}
	var out []string
	for _, r := range rolls {
		if w := list.WordAt(r); !hyphenated(w) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

func hyphenated(word string) bool { return strings.Contains(word, "-") }

// resolve returns the list word that was meant by what was typed, which is in
// lower case: the very word if it is on either list, else the only word of the
// short list that begins so, else the only one of the long list, unless that
// may as well be a mistake.
func (l lexicon) resolve(typed string) (string, error) {
	for _, list := range [][]string{l.short, l.long} {
		if _, ok := slices.BinarySearch(list, typed); ok {
			return typed, nil
		}
	}
	found := beginning(l.short, typed)
	if len(found) == 0 {
		found = beginning(l.long, typed)
		if len(found) == 1 && l.mistakable(typed, found[0]) {
			found = nil
		}
	}
	switch len(found) {
	case 0:
		return "", &WordError{Word: clip(typed), Nearest: l.nearest(typed)}
	case 1:
		return found[0], nil
	}
	return "", &WordError{Word: clip(typed), Nearest: found[:min(len(found), maxNearest)], Ambiguous: true}
}

// beginning returns the words of a sorted list that begin with prefix.
func beginning(list []string, prefix string) []string {
	first, _ := slices.BinarySearch(list, prefix)
	end := first
	for end < len(list) && strings.HasPrefix(list[end], prefix) {
		end++
	}
	return slices.Clone(list[first:end])
}
