package ratchet_test

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/ratchet"
)

// The package and the reference understand each other in both roles, whatever is
// lost or comes late.
func TestAgainstReference(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := mathrand.New(mathrand.NewPCG(seed, 1))
			var secret [32]byte
			rand.Read(secret[:])
			var d *device
			var r *reference
			now := time.Unix(1_800_000_000, 0)
			if seed%2 == 0 {
				var public []byte
				r, public = newReference(false, secret[:], nil)
				s, err := ratchet.Initiator(secret, [32]byte(public))
				if err != nil {
					t.Fatal(err)
				}
				d = &device{t, s, now}
			} else {
				s, public, err := ratchet.Responder(secret)
				if err != nil {
					t.Fatal(err)
				}
				r, _ = newReference(true, secret[:], public[:])
				d = &device{t, s, now}
			}
			type message struct {
				text  string
				bytes []byte
			}
			var toDevice, toReference []message
			take := func(from *[]message) (m message, ok bool) {
				if len(*from) == 0 {
					return m, false
				}
				i := random.IntN(len(*from))
				m = (*from)[i]
				*from = append((*from)[:i], (*from)[i+1:]...)
				return m, random.IntN(5) > 0 // else it is lost
			}
			for n := range 200 {
				text := fmt.Sprint("message ", n)
				switch random.IntN(4) {
				case 0:
					toReference = append(toReference, message{text, d.seal("%s", text)})
				case 1:
					toDevice = append(toDevice, message{text, r.seal(text)})
				case 2:
					if m, ok := take(&toDevice); ok {
						d.opens(m.bytes, "%s", m.text)
						d = d.copy()
					}
				case 3:
					if m, ok := take(&toReference); ok {
						if got, err := r.open(m.bytes); err != nil || got != m.text {
							t.Fatalf("%q, %v; want %q", got, err, m.text)
						}
					}
				}
			}
			if r.epoch < 3 {
				t.Errorf("only %d epochs", r.epoch)
			}
		})
	}
}
