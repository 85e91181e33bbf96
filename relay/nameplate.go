package relay

import (
	"math/rand/v2"
	"strconv"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// numbers counts the nameplates in use by their number of digits, and chooses
// new ones. They are public, so they need not be hard to guess, only
// scattered: a mistyped nameplate should find no room.
type numbers struct {
	least int // digits; 0 for as few as is practical
	used  [wire.MaxNameplateDigits + 1]int
}

// choose returns a free nameplate from the first range of which less than half is
// in use: 1..99, 100..999, 1000..9999 and so on; or "" if there is none.
//
// mayHave says whether who asks may have one more of the size nameplates of a
// length. So nobody can take all the short ones.
func (n *numbers) choose(inUse func(nameplate string) bool, mayHave func(digits, size int) bool) string {
	for digits := max(n.least, 2); digits <= wire.MaxNameplateDigits; digits++ {
		low, used := pow10(digits-1), n.used[digits]
		if n.least < 2 && digits == 2 {
			low, used = 1, n.used[1]+n.used[2]
		}
		size := pow10(digits) - low
		if used*2 >= size || !mayHave(digits, size) {
			continue
		}
		for i := rand.N(size); ; i = (i + 1) % size {
			if nameplate := strconv.Itoa(low + i); !inUse(nameplate) {
				return nameplate
			}
		}
	}
	return ""
}

// length returns the number of digits by which a nameplate counts, and how many
// nameplates there are of it: those of one digit are among those of two, unless
// the relay chooses none of them.
func (n *numbers) length(nameplate string) (digits, size int) {
	digits = len(nameplate)
	if n.least < 2 && digits <= 2 {
		return 2, pow10(2) - 1
	}
	return digits, pow10(digits) - pow10(digits-1)
}

func (n *numbers) add(nameplate string)    { n.used[len(nameplate)]++ }
func (n *numbers) remove(nameplate string) { n.used[len(nameplate)]-- }

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}
