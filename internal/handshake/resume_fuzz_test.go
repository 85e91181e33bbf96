package handshake

import (
	"bytes"
	"errors"
	"testing"
)

// knownResume reports whether err is one that the methods of a resumption
// document, for any message.
func knownResume(err error) bool { return errors.Is(err, ErrWrongPeer) || known(err) }

// Whatever Q1 is, the sender answers or says why not, and agrees with nobody
// who did not write it; then it still resumes with the one who has the secret.
func FuzzHandleQ1(f *testing.F) {
	h := honestResume(f, 1)
	addSeeds(f, h.q1, h.q2)
	f.Fuzz(func(t *testing.T, q1 []byte) {
		err := withQ1(t, h, q1)
		if bytes.Equal(q1, h.q1) != (err == nil) || (err != nil && !knownResume(err)) {
			t.Errorf("%x: %v", q1, err)
		}
		s, err := NewResumeAcceptor(resumeParams(2))
		if err != nil {
			t.Fatal(err)
		}
		if q2, err := s.HandleQ1(q1); err == nil && len(q2) != len(h.q2) {
			t.Errorf("Q2 of %d bytes", len(q2))
		}
		resumeWith(t, s, resumeParams(3), testIncarnation(), 1)
	})
}

func FuzzHandleQ2(f *testing.F) {
	h := honestResume(f, 1)
	addSeeds(f, h.q2, h.q1)
	f.Fuzz(func(t *testing.T, q2 []byte) {
		if err := withQ2(t, h, q2); bytes.Equal(q2, h.q2) != (err == nil) || (err != nil && !knownResume(err)) {
			t.Errorf("%x: %v", q2, err)
		}
	})
}

func FuzzHandleQ3(f *testing.F) {
	h := honestResume(f, 1)
	addSeeds(f, h.q3, h.q2)
	f.Fuzz(func(t *testing.T, q3 []byte) {
		if err := withQ3(t, h, q3); bytes.Equal(q3, h.q3) != (err == nil) || (err != nil && !knownResume(err)) {
			t.Errorf("%x: %v", q3, err)
		}
	})
}
