package handshake

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
)

// ResumeParams are what both sides know of a session that they resume. Secret
// and Room are those of the session's first handshake, however often it was
// resumed since. If the secret changed each time, a lost Q3 would separate the
// peers for good, since R has then completed the resumption and S has not; and
// R's journal, which keeps the secret for a receiver that crashes, would have to
// be sealed anew each time. Keeping it does not endanger what was recorded,
// because the keys of each resumption come from a new X-Wing run as well: someone
// who steals the secret can take a side's place from then on, and cannot read
// what was sent before.
type ResumeParams struct {
	Secret [32]byte // Secrets.ResumeSecret
	Room   [16]byte // Secrets.ResumeRoom

	// Rand is where keys come from; nil means crypto/rand. Anything else is for
	// tests.
	Rand io.Reader
}

func (p ResumeParams) check() (ResumeParams, error) {
	if p.Secret == [32]byte{} || p.Room == [16]byte{} {
		return ResumeParams{}, errors.New("a resumption needs the secret and the room of an earlier handshake")
	}
	if p.Rand == nil {
		p.Rand = rand.Reader
	}
	return p, nil
}

// resumeHash is th', over everything that was said but the confirmations.
func resumeHash(room [16]byte, q1, unconfirmedQ2 []byte) [32]byte {
	b := appendLV(nil, protocol+" resume")
	b = appendLV(b, room[:])
	b = appendLV(b, q1)
	b = appendLV(b, unconfirmedQ2)
	return sha256.Sum256(b)
}

func newResumeSchedule(p ResumeParams, q1, unconfirmedQ2, ss []byte) (schedule, error) {
	s := &Secrets{resumeSecret: p.Secret, resumeRoom: p.Room}
	th := resumeHash(p.Room, q1, unconfirmedQ2)
	return s.schedule(th, slices.Concat(p.Secret[:], ss), "resume confirm")
}
