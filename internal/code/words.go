package code

import (
	"slices"
	"strings"
	"sync"

	"github.com/sethvargo/go-diceware/diceware"
)

// lexicon has the words of codes, each list sorted. It leaves out words with a
// hyphen (yo-yo), because hyphens separate words.
type lexicon struct {
	short []string // the EFF's short list 2.0: generated codes
	long  []string // the EFF's long list, for words that people choose
}

// words returns the lexicon. It makes it on the first call; callers must not
// change it.
var words = sync.OnceValue(func() lexicon {
	return lexicon{short: listed(diceware.WordListEffSmall()), long: listed(diceware.WordListEffLarge())}
})

// listed returns the words of a list, sorted. A list has a word for each roll of
// its dice.
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

// resolve returns the word that was meant by typed, which is in lower case: the
// word itself if it is on either list, else the only word of the short list that
// begins with it, else the only such word of the long list, unless typed may as
// well be a typing mistake.
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
