package handshake

import (
	"errors"
	"slices"
	"testing"

	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// withQ1 and its like put a message of the caller's into an otherwise honest
// resumption, and return the first error of either side: nil means that both
// agreed.
func withQ1(t testing.TB, h resumeRun, q1 []byte) error {
	t.Helper()
	s, err := NewResumeAcceptor(resumeParams(101))
	if err != nil {
		t.Fatal(err)
	}
	q2, err := s.HandleQ1(q1)
	if err != nil {
		if q2 != nil {
			t.Fatal("a Q2 and an error")
		}
		return err
	}
	q3, err := refuseQ2(t, h, q2)
	if err != nil {
		return err
	}
	return refuseQ3(t, s, q3)
}

func withQ2(t testing.TB, h resumeRun, q2 []byte) error {
	t.Helper()
	q3, err := refuseQ2(t, h, q2)
	if err != nil {
		return err
	}
	return refuseQ3(t, again(h.s), q3)
}

func withQ3(t testing.TB, h resumeRun, q3 []byte) error {
	t.Helper()
	return refuseQ3(t, again(h.s), q3)
}

func refuseQ2(t testing.TB, h resumeRun, q2 []byte) ([]byte, error) {
	t.Helper()
	q3, secrets, err := again(h.r).HandleQ2(q2)
	if err != nil && (q3 != nil || secrets != nil) {
		t.Fatal("the receiver gave something away beside its error")
	}
	return q3, err
}

func refuseQ3(t testing.TB, s *ResumeAcceptor, q3 []byte) error {
	t.Helper()
	before := slices.Clone(s.completed)
	done, err := s.HandleQ3(q3)
	if err != nil && (done != Result{} || !slices.Equal(before, s.completed)) {
		t.Fatal("a resumption and an error")
	}
	return err
}

func q1Fields() []field {
	return []field{
		{"kind", 1, []error{wire.ErrMalformed}},
		{"nonce", 16, []error{ErrWrongPeer}},
		{"incarnation", 16, []error{ErrWrongPeer}},
		{"generation", 4, []error{wire.ErrMalformed, ErrWrongPeer}},
		{"commitment", 32, []error{ErrWrongPeer}},
		{"ML-KEM key", 1184, []error{wire.ErrMalformed, ErrWrongPeer}},
		{"X25519 key", 32, []error{ErrWrongPeer}},
	}
}

func q2Fields() []field {
	return []field{
		{"kind", 1, []error{wire.ErrMalformed}},
		{"nonce", 16, []error{ErrWrongPeer}},
		{"ML-KEM ciphertext", 1088, []error{ErrWrongPeer}},
		{"X25519 share", 32, []error{ErrWrongPeer}},
		{"confirmation", 32, []error{ErrWrongPeer}},
	}
}

func q3Fields() []field {
	return []field{
		{"kind", 1, []error{wire.ErrMalformed}},
		{"confirmation", 32, []error{ErrWrongPeer}},
		{"opening", 32, []error{ErrOpening}},
	}
}

// Messages of an earlier resumption, of a session and both of its processes
// that are still the same, are worth nothing in a new one.
func TestResumeReplayToTheSameSender(t *testing.T) {
	s, err := NewResumeAcceptor(resumeParams(100))
	must(t, err)
	old := resumeWith(t, s, resumeParams(1), testIncarnation(), 7)
	for _, q1 := range [][]byte{old.q1, resumeWith(t, s, resumeParams(2), testIncarnation(), 8).q1} {
		if q2, err := s.HandleQ1(q1); err != ErrStale || q2 != nil {
			t.Errorf("old Q1: %x, %v; want ErrStale", q2, err)
		}
	}
	if _, err := s.HandleQ3(old.q3); err != ErrOrder {
		t.Errorf("old Q3: %v, want ErrOrder", err)
	}
	fresh := resumeWith(t, s, resumeParams(3), testIncarnation(), 9)
	if err := withQ2(t, fresh, old.q2); !errors.Is(err, ErrWrongPeer) {
		t.Errorf("old Q2: %v, want ErrWrongPeer", err)
	}
	if err := withQ3(t, fresh, old.q3); !errors.Is(err, ErrWrongPeer) {
		t.Errorf("old Q3: %v, want ErrWrongPeer", err)
	}

	// A sender that was started again would not know: Q3 tells it.
	restarted, err := NewResumeAcceptor(resumeParams(4))
	must(t, err)
	_, err = restarted.HandleQ1(old.q1)
	must(t, err)
	if err := refuseQ3(t, restarted, old.q3); !errors.Is(err, ErrWrongPeer) {
		t.Errorf("old Q1 and Q3: %v, want ErrWrongPeer", err)
	}
}

// A relay that puts its own X-Wing key, or ciphertext, in knows ss, and still
// gets nothing; neither do X25519's points of low order help it.
func TestResumeSwappedXWing(t *testing.T) {
	h := honestResume(t, 1)
	q1, err := wire.ParseQ1(h.q1)
	must(t, err)
	_, own := xwing.DeriveKeyPair(make([]byte, xwing.SeedSize))
	swapped := q1
	own.Pack(swapped.PublicKey[:])
	if err := withQ1(t, h, swapped.Append(nil)); !errors.Is(err, ErrWrongPeer) {
		t.Errorf("own key: %v, want ErrWrongPeer", err)
	}
	q2, err := wire.ParseQ2(h.q2)
	must(t, err)
	_, err = encapsulate(resumeParams(9).Rand, &q1.PublicKey, &q2.Ciphertext)
	must(t, err)
	if err := withQ2(t, h, q2.Append(nil)); !errors.Is(err, ErrWrongPeer) {
		t.Errorf("own ciphertext: %v, want ErrWrongPeer", err)
	}

	for _, u := range []byte{0, 1} {
		low := [32]byte{u}
		q1, q2 := slices.Clone(h.q1), slices.Clone(h.q2)
		copy(q1[len(q1)-32:], low[:])
		copy(q2[len(q2)-64:], low[:])
		if err := withQ1(t, h, q1); !errors.Is(err, ErrWrongPeer) {
			t.Errorf("Q1 with u = %d: %v, want ErrWrongPeer", u, err)
		}
		if err := withQ2(t, h, q2); !errors.Is(err, ErrWrongPeer) {
			t.Errorf("Q2 with u = %d: %v, want ErrWrongPeer", u, err)
		}
	}
}

func TestResumeRefusesBadKey(t *testing.T) {
	var q1 wire.Q1
	for i := range q1.PublicKey {
		q1.PublicKey[i] = 0xff // coefficients over ML-KEM's modulus
	}
	if err := withQ1(t, honestResume(t, 1), q1.Append(nil)); !isMalformed(err) {
		t.Errorf("%v, want ErrMalformed", err)
	}
}

// A relay between the two, without the resume secret.
func TestResumeManInTheMiddle(t *testing.T) {
	without := resumeParams(3)
	without.Secret = [32]byte{99}
	r, q1 := newResumer(t, resumeParams(1), testIncarnation(), 1)
	falseSender, err := NewResumeAcceptor(without)
	must(t, err)
	falseQ2, err := falseSender.HandleQ1(q1)
	must(t, err)
	if q3, secrets, err := r.HandleQ2(falseQ2); !errors.Is(err, ErrWrongPeer) || q3 != nil || secrets != nil {
		t.Errorf("the false sender's Q2: %v, want ErrWrongPeer", err)
	}
	// What it has of both true sides is a Q2 for a key of its own, and no Q3.
	s, err := NewResumeAcceptor(resumeParams(2))
	must(t, err)
	falseReceiver, falseQ1 := newResumer(t, without, testIncarnation(), 1)
	q2, err := s.HandleQ1(falseQ1)
	must(t, err)
	if _, _, err := falseReceiver.HandleQ2(q2); !errors.Is(err, ErrWrongPeer) {
		t.Errorf("the false receiver can check Q2: %v", err)
	}
}
