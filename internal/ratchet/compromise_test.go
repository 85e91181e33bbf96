package ratchet_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/internal/ratchet"
)

// Who copied the state of a device reads along until each device has sent once and
// has then heard the other one: a round trip both ways.
func TestCopiedStateHeals(t *testing.T) {
	for name, initiator := range map[string]bool{"initiator": true, "responder": false} {
		t.Run(name, func(t *testing.T) {
			victim, friend := pair(t)
			if !initiator {
				victim, friend = friend, victim
			}
			exchange(victim, friend)
			thief := victim.copy()
			m := friend.seal("just after")
			thief.opens(m, "just after") // else the test shows nothing
			victim.opens(m, "just after")

			exchange(friend, victim)
			exchange(friend, victim)
			known := map[[ratchet.SecretSize]byte]bool{} // what the thief can send
			for range 100 {
				known[nextKey(thief)] = true
				thief.seal("as the victim")
			}
			for range 10 {
				if known[nextKey(victim)] {
					t.Fatal("the thief knows the key of what is sent")
				}
				m := friend.seal("later")
				thief.refuses(m, ratchet.ErrForeign)
				victim.opens(m, "later")
				friend.opens(victim.seal("answer"), "answer")
			}
		})
	}
}

// nextKey is the key of the Double Ratchet that a device seals with next.
func nextKey(d *device) [ratchet.SecretSize]byte {
	d.t.Helper()
	k, _, err := ratchet.NextKeys(d.Session)
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

// The other half of it: what was opened before stays closed.
func TestOldMessagesStayClosed(t *testing.T) {
	victim, friend := pair(t)
	var old [][]byte
	for n := range 5 {
		old = append(old, friend.seal("old %d", n))
		victim.opens(old[n], "old %d", n)
		exchange(victim, friend)
	}
	thief := victim.copy()
	for _, m := range old {
		if got, err := thief.Open(m, associated, thief.now); err == nil {
			t.Errorf("%q was opened", got)
		}
	}
}

// A device that was restored from a backup never uses a key for two contents, and
// the other one notices it.
func TestRestoredDevice(t *testing.T) {
	a, b := pair(t)
	exchange(a, b)
	backup := a.copy()
	b.opens(a.seal("before the disk failed"), "before the disk failed")
	b.refuses(backup.seal("after it"), ratchet.ErrUsed)
	b.opens(backup.seal("the next number is free"), "the next number is free")

	exchange(b, a)
	exchange(b, a)
	b.refuses(backup.seal("b has moved on"), ratchet.ErrForeign)
}
