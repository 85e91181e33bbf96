package handshake

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
)

// Params are what one side knows before the first message.
type Params struct {
	// Words are the secret words of the code, normalised: lower case and
	// joined by "-", as code.Code.Secret returns them. CPace's PRS.
	Words string

	// Nameplate is the public number of the code.
	Nameplate string

	// SenderNonce is nS: random bytes that the sender draws for this room. It
	// posts them when it opens the room, and the relay gives them to the receiver.
	SenderNonce [16]byte

	// Rand is where keys come from; nil means crypto/rand. Anything else is for
	// tests.
	Rand io.Reader
}

func (p Params) check() (Params, error) {
	if p.Words == "" || p.Nameplate == "" {
		return Params{}, errors.New("a handshake needs a nameplate and words")
	}
	if p.Rand == nil {
		p.Rand = rand.Reader
	}
	return p, nil
}

// draw fills b with random bytes.
func draw(random io.Reader, b []byte) error {
	if _, err := io.ReadFull(random, b); err != nil {
		return fmt.Errorf("the system's random source failed: %w", err)
	}
	return nil
}
