package handshake

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// commit is what the receiver's first message says of the opening, the 32 random
// bytes that its last message reveals.
//
// The verification words are derived from the opening. Someone in the middle who
// knows the code runs one handshake with each side, and needs both sides to get
// the same words. Without a commitment it could try shares and keys of its own
// until they do. With one, it must send its last contribution to the receiver's
// words while it does not know the receiver's opening, and it must commit to its
// own opening before the sender draws its share. So the honest side of each run
// draws a value that settles the words after the attacker can no longer change
// them, and every try has the chance of a guess. docs/protocol.md has the whole
// argument.
func commit(opening [32]byte) [32]byte {
	return sha256.Sum256(appendLV(appendLV(nil, protocol+" commitment"), opening[:]))
}

// checkOpening returns ErrOpening if a commitment is to another opening. Neither
// value is a secret by then.
func checkOpening(commitment, opening [32]byte) error {
	if commit(opening) != commitment {
		return ErrOpening
	}
	return nil
}

// setVerify derives the verification bytes of a run whose opening is known.
func (s *Secrets) setVerify(opening [32]byte) error {
	b, err := hkdf.Expand(sha256.New, s.prk, protocol+" verify "+string(opening[:]), len(s.verify))
	if err != nil {
		return fmt.Errorf("verification words: %w", err)
	}
	copy(s.verify[:], b)
	return nil
}
