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
type slots struct {
	Key [sha256.Size]byte `json:"key"`
	N   uint64            `json:"n"` // the number of the next slot
}

// next takes the next slot.
func (s *slots) next() Slot {
	slot := s.mac(1)
	s.Key = s.mac(2)
	s.N++
	return slot
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
	return waiting
}

// find returns where a slot is among those ahead; -1 if nothing may come in it.
func (b *inbox) find(slot Slot) int {
	i := slices.Index(b.ahead(window), slot)
	if i >= 0 && b.Opened&(1<<i) != 0 {
		return -1
	}
	return i
}
