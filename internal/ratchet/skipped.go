package ratchet

import (
	"slices"
	"time"
)

const (
	// maxSkipped is how many keys of skipped messages a ratchet keeps; the oldest go
	// first.
	maxSkipped = 2_000
	// skippedLife is how long they are kept.
	skippedLife = 30 * 24 * time.Hour
)

// skippedKey is the key of a message that has not come, though one after it has.
type skippedKey[C comparable] struct {
	Chain C
	N     uint32
	At    int64 // when it was skipped, in seconds since 1970
	Key   key
}

// skippedKeys are in the order in which they were skipped. C tells chains apart.
type skippedKeys[C comparable] []skippedKey[C]

// keep returns what puts aside the keys of a chain.
func (s *skippedKeys[C]) keep(c C, now time.Time) func(n uint32, message key) {
	return func(n uint32, message key) {
		if len(*s) >= maxSkipped {
			s.drop(len(*s) - maxSkipped + 1)
		}
		*s = append(*s, skippedKey[C]{Chain: c, N: n, At: now.Unix(), Key: message})
	}
}

// take returns the key of a message, and forgets it.
func (s *skippedKeys[C]) take(c C, n uint32) (key, error) {
	i := slices.IndexFunc(*s, func(k skippedKey[C]) bool { return k.Chain == c && k.N == n })
	if i < 0 {
		return key{}, ErrUsed
	}
	message := (*s)[i].Key
	*s = slices.Delete(*s, i, i+1)
	return message, nil
}

// expire forgets the keys that were skipped too long ago.
func (s *skippedKeys[C]) expire(now time.Time) {
	oldest := now.Add(-skippedLife).Unix()
	n := slices.IndexFunc(*s, func(k skippedKey[C]) bool { return k.At >= oldest })
	if n < 0 {
		n = len(*s)
	}
	s.drop(n)
}

// drop forgets the first n.
func (s *skippedKeys[C]) drop(n int) {
	clear((*s)[:n])
	*s = (*s)[n:]
}

// chains are the chains that keys are kept of, the latest first.
func (s skippedKeys[C]) chains() []C {
	var chains []C
	for _, k := range slices.Backward(s) {
		if !slices.Contains(chains, k.Chain) {
			chains = append(chains, k.Chain)
		}
	}
	return chains
}
