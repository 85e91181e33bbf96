package ratchet_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tallow-transfer/tallow/internal/ratchet"
)

// sent is a message on its way.
type sent struct {
	text   string
	bytes  []byte
	opened bool
}

// side is one device of the model, and what was sent to it.
type side struct {
	*ratchet.Session
	inbox []*sent
}

// TestModel does things in any order: both devices send and stop and start again, and
// the relay between them delivers, loses, reorders, repeats and changes messages.
// Every message opens exactly once, to what was sealed, and no key is used for two.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := [ratchet.SecretSize]byte(rapid.SliceOfN(rapid.Byte(), ratchet.SecretSize, ratchet.SecretSize).Draw(t, "secret"))
		responder, public, err := ratchet.Responder(secret)
		if err != nil {
			t.Fatal(err)
		}
		initiator, err := ratchet.Initiator(secret, public)
		if err != nil {
			t.Fatal(err)
		}
		sides := [2]*side{{Session: initiator}, {Session: responder}}
		now := time.Unix(1_800_000_000, 0)
		keys := map[[ratchet.SecretSize]byte]bool{}
		count := 0
		which := func(t *rapid.T) *side { return sides[rapid.IntRange(0, 1).Draw(t, "device")] }
		letter := func(t *rapid.T, s *side) *sent {
			if len(s.inbox) == 0 {
				t.Skip("nothing was sent to it")
			}
			return s.inbox[rapid.IntRange(0, len(s.inbox)-1).Draw(t, "message")]
		}
		send := func(t *rapid.T, from, to *side) *sent {
			dh, kem, err := ratchet.NextKeys(from.Session)
			if err != nil || keys[dh] || keys[kem] {
				t.Fatalf("a key is used twice, %v", err)
			}
			keys[dh], keys[kem] = true, true
			count++
			m := &sent{text: fmt.Sprint("message ", count)}
			if m.bytes, err = from.Seal([]byte(m.text), associated); err != nil {
				t.Fatal(err)
			}
			to.inbox = append(to.inbox, m)
			return m
		}
		deliver := func(t *rapid.T, to *side, m *sent) {
			got, err := to.Open(m.bytes, associated, now)
			switch {
			case !m.opened && (err != nil || string(got) != m.text):
				t.Fatalf("%q, %v; want %q", got, err, m.text)
			case m.opened && !errors.Is(err, ratchet.ErrUsed) && !errors.Is(err, ratchet.ErrForeign):
				t.Fatalf("opened again: %q, %v", got, err)
			}
			m.opened = true
		}
		t.Repeat(map[string]func(*rapid.T){
			"send":        func(t *rapid.T) { send(t, sides[0], sides[1]) },
			"send back":   func(t *rapid.T) { send(t, sides[1], sides[0]) },
			"deliver any": func(t *rapid.T) { to := which(t); deliver(t, to, letter(t, to)) },
			"deliver last": func(t *rapid.T) {
				to := which(t)
				letter(t, to)
				deliver(t, to, to.inbox[len(to.inbox)-1])
			},
			"lose": func(t *rapid.T) {
				to := which(t)
				lost := letter(t, to)
				to.inbox = slices.DeleteFunc(to.inbox, func(m *sent) bool { return m == lost })
			},
			"change": func(t *rapid.T) {
				to := which(t)
				b := append([]byte(nil), letter(t, to).bytes...)
				b[rapid.IntRange(0, len(b)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				if got, err := to.Open(b, associated, now); err == nil {
					t.Fatalf("a changed message was opened: %q", got)
				}
			},
			"swap": func(t *rapid.T) {
				if got, err := sides[0].Open(letter(t, sides[1]).bytes, associated, now); err == nil {
					t.Fatalf("a device opened what it sent: %q", got)
				}
			},
			"restart": func(t *rapid.T) {
				s := which(t)
				b, err := s.Append(nil)
				if err != nil {
					t.Fatal(err)
				}
				if s.Session, err = ratchet.Parse(b); err != nil {
					t.Fatal(err)
				}
			},
		})
		for range 2 { // whatever has happened, they understand each other
			deliver(t, sides[1], send(t, sides[0], sides[1]))
			deliver(t, sides[0], send(t, sides[1], sides[0]))
		}
		for _, s := range sides { // and what has not come yet opens still
			for _, m := range s.inbox {
				if !m.opened {
					deliver(t, s, m)
				}
			}
		}
	})
}
