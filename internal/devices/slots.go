package devices

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
)

// Slot is a place at a relay for one message.
type Slot [sha256.Size]byte

// window is how many messages a device looks for, and so how many may be on their way:
// the relay may lose them, and deliver them in any order.
const window = 32

// slots is a sequence of slots. Who has it knows the slots from N on, and none of those
// before.
//
// Every window of them has a spare slot beside it, for when none of a whole window was
// heard: then who sends cannot know which slots are still looked at. It may be any window
// from the last one heard on, so who receives looks at the spare slot of its own and at that of the
// one before, and who sends takes the one before its own. A spare slot is used again,
// one note at a time.
type slots struct {
	Key   [sha256.Size]byte `json:"key"`
	N     uint64            `json:"n"`     // the number of the next slot
	Spare [2]Slot           `json:"spare"` // of the window of slot N-1, and before it that of the one before; zero: none
}

// next takes the next slot.
func (s *slots) next() Slot {
	s.Spare = s.spares()
	slot := s.mac(1)
	s.Key = s.mac(2)
	s.N++
	return slot
}

// spares returns the spare slots of the window before that of the next slot, and of that
// one. The first is zero if there is none.
func (s *slots) spares() [2]Slot {
	if s.N%window == 0 {
		return [2]Slot{s.Spare[1], s.mac(3)}
	}
	return s.Spare
}

// skipTo takes all slots before a number.
func (s *slots) skipTo(n uint64) {
	for s.N < n {
		s.next()
	}
}

func (s *slots) mac(b byte) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, s.Key[:])
	h.Write([]byte{b})
	h.Sum(sum[:0])
	return sum
}

// ahead returns the next n slots.
func (s slots) ahead(n int) []Slot {
	all := make([]Slot, n)
	for i := range all {
		all[i] = s.next()
	}
	return all
}

// inbox is the slots of what comes.
type inbox struct {
	slots
	Opened uint32 `json:"opened"` // which of the next 32 have been opened: bit 0 is the next one
}

// open notes that slot i of those ahead was opened. If it is far ahead, those long before
// it are given up.
func (b *inbox) open(i int) {
	b.Opened |= 1 << i
	b.settle()
}

// giveUp gives up all slots before a number, which is not over a window ahead.
func (b *inbox) giveUp(n uint64) {
	for end := min(n, b.N+window); b.N < end; {
		b.next()
		b.Opened >>= 1
	}
	b.settle()
}

// settle takes the slots that nothing may come in any more.
func (b *inbox) settle() {
	for b.Opened&1 != 0 || b.Opened>>(window/2) != 0 {
		b.next()
		b.Opened >>= 1
	}
}

// waiting returns the slots that something may come in.
func (b *inbox) waiting() []Slot {
	var waiting []Slot
	for i, slot := range b.ahead(window) {
		if b.Opened&(1<<i) == 0 {
			waiting = append(waiting, slot)
		}
	}
	for _, slot := range b.spares() {
		if slot != (Slot{}) {
			waiting = append(waiting, slot)
		}
	}
	return waiting
}

// spare is what find returns for a spare slot.
const spare = window

// find returns where a slot is among those ahead, or spare; -1 if nothing may come in it.
func (b *inbox) find(slot Slot) int {
	if slot == (Slot{}) {
		return -1
	}
	spares := b.spares()
	if slices.Contains(spares[:], slot) {
		return spare
	}
	i := slices.Index(b.ahead(window), slot)
	if i >= 0 && b.Opened&(1<<i) != 0 {
		return -1
	}
	return i
}
