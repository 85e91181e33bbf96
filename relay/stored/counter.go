package stored

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Counter is one of the counts of a day.
type Counter struct {
	Name  string
	Limit int // 0: none
}

// Day returns the day that a time is in, in UTC, such as 2026-11-27.
func Day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// recipientBytes is how much of the hash of an address is kept: enough to tell the
// recipients of a day apart, and too little to say which address of the world it was.
const recipientBytes = 3

// recipientName returns what a recipient is counted by on a day.
func recipientName(day time.Time, address string) string {
	sum := sha256.Sum256([]byte(Day(day) + " " + address))
	return hex.EncodeToString(sum[:recipientBytes])
}
