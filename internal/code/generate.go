package code

import (
	"fmt"
	"io"
	"slices"

	"github.com/sethvargo/go-diceware/diceware"
)

// The number of words of a generated code. A word is worth 10.3 bits, and an
// attacker has one guess at each side of a code: with three words the chance of
// each is one in two thousand million.
const (
	DefaultWords = 3
	MinWords     = minWords
	MaxWords     = 8
)

// Generate draws n different words of the short list, evenly and by crypto/rand;
// n is from MinWords to MaxWords. The nameplate comes from the relay.
func Generate(n int) ([]string, error) { return generate(n, nil) }

// generate takes its randomness from random, or from crypto/rand if it is nil.
func generate(n int, random io.Reader) ([]string, error) {
	if n < MinWords || n > MaxWords {
		return nil, fmt.Errorf("a code has %d to %d words, not %d", MinWords, MaxWords, n)
	}
	dice, err := diceware.NewGenerator(&diceware.GeneratorInput{WordList: diceware.WordListEffSmall(), RandReader: random})
	if err != nil {
		return nil, err
	}
	for {
		drawn, err := dice.Generate(n)
		if err != nil {
			return nil, fmt.Errorf("the system's random source failed: %w", err)
		}
		// Dropping the whole draw keeps all others equally likely.
		if !slices.ContainsFunc(drawn, hyphenated) {
			return drawn, nil
		}
	}
}
