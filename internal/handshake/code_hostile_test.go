package handshake

import (
	"errors"
	"slices"
	"testing"

	"github.com/bwesterb/go-ristretto"
	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// withM1 and its like put a message of the caller's into an otherwise honest
// run, and return the first error of either side: nil means that both agreed.
func withM1(t testing.TB, h run, m1 []byte) error {
	t.Helper()
	s, err := NewSender(params(101))
	if err != nil {
		t.Fatal(err)
	}
	m2, err := s.HandleM1(m1)
	if err != nil {
		if m2 != nil {
			t.Fatal("an M2 and an error")
		}
		return err
	}
	m3, err := again(h.r).HandleM2(m2)
	if err != nil {
		return err
	}
	return refuseM3(t, s, m3)
}

func withM2(t testing.TB, h run, m2 []byte) error {
	t.Helper()
	m3, err := again(h.r).HandleM2(m2)
	if err != nil {
		if m3 != nil {
			t.Fatal("an M3 and an error")
		}
		return err
	}
	return refuseM3(t, again(h.s), m3)
}

func refuseM3(t testing.TB, s *Sender, m3 []byte) error {
	t.Helper()
	m4, secrets, err := s.HandleM3(m3)
	if err != nil && (m4 != nil || secrets != nil) {
		t.Fatal("the sender gave something away beside its error")
	}
	return err
}

func withM3(t testing.TB, h run, m3 []byte) error {
	t.Helper()
	return refuseM3(t, again(h.s), m3)
}

func withM4(t testing.TB, h run, m4 []byte) error {
	t.Helper()
	secrets, err := again(h.done).HandleM4(m4)
	if err != nil && secrets != nil {
		t.Fatal("secrets and an error")
	}
	return err
}

// Where a changed key is still one, the run goes on until the confirmation.
func m1Fields() []field {
	return []field{
		{"kind", 1, []error{wire.ErrMalformed}},
		{"nonce", 16, []error{ErrWrongCode}},
		{"share", 32, []error{ErrPoint, ErrWrongCode}},
		{"commitment", 32, []error{ErrWrongCode}},
		{"length", 2, []error{wire.ErrMalformed}},
		{"role", 1, []error{wire.ErrMalformed, ErrReflected}},
		{"number of versions", 1, []error{wire.ErrMalformed}},
		{"version", 2, []error{ErrVersion}},
		{"number of suites", 1, []error{wire.ErrMalformed}},
		{"suite", 2, []error{ErrVersion}},
		{"ML-KEM key", 1184, []error{wire.ErrMalformed, ErrWrongCode}},
		{"X25519 key", 32, []error{ErrWrongCode}},
	}
}

func m2Fields() []field {
	return []field{
		{"kind", 1, []error{wire.ErrMalformed}},
		{"share", 32, []error{ErrPoint, ErrWrongCode}},
		{"role", 1, []error{wire.ErrMalformed, ErrReflected}},
		{"version", 2, []error{ErrVersion}},
		{"suite", 2, []error{ErrVersion}},
		{"ML-KEM ciphertext", 1088, []error{ErrWrongCode}},
		{"X25519 share", 32, []error{ErrWrongCode}},
	}
}

func m3Fields() []field {
	return []field{
		{"kind", 1, []error{wire.ErrMalformed}},
		{"confirmation", 32, []error{ErrWrongCode}},
		{"opening", 32, []error{ErrOpening}},
	}
}

func m4Fields() []field {
	return []field{
		{"kind", 1, []error{wire.ErrMalformed}},
		{"confirmation", 32, []error{ErrWrongCode}},
	}
}

func TestPoints(t *testing.T) {
	h := honestRun(t, 1)
	m1, err := wire.ParseM1(h.m1)
	must(t, err)
	m2, err := wire.ParseM2(h.m2)
	must(t, err)
	for name, bad := range newCurve().invalidEncodings(m1.Share) {
		first := wire.M1{Nonce: m1.Nonce, Share: bad, Proposal: m1.Proposal}
		if err := withM1(t, h, first.Append(nil)); !errors.Is(err, ErrPoint) {
			t.Errorf("M1 with %s: %v, want ErrPoint", name, err)
		}
		second := wire.M2{Share: bad, Choice: m2.Choice}
		if err := withM2(t, h, second.Append(nil)); !errors.Is(err, ErrPoint) {
			t.Errorf("M2 with %s: %v, want ErrPoint", name, err)
		}
	}
}

// X-Wing lets low-order X25519 keys pass; put in on the way, they do not help.
func TestLowOrderX25519(t *testing.T) {
	h := honestRun(t, 1)
	for _, u := range []byte{0, 1} {
		m1, m2 := slices.Clone(h.m1), slices.Clone(h.m2)
		for _, m := range [][]byte{m1, m2} {
			clear(m[len(m)-32:])
			m[len(m)-32] = u
		}
		if err := withM1(t, h, m1); !errors.Is(err, ErrWrongCode) {
			t.Errorf("M1 with u = %d: %v, want ErrWrongCode", u, err)
		}
		if err := withM2(t, h, m2); !errors.Is(err, ErrWrongCode) {
			t.Errorf("M2 with u = %d: %v, want ErrWrongCode", u, err)
		}
	}
}

// A relay that puts its own X-Wing key in knows ss, and still gets nothing.
func TestSwappedXWingKey(t *testing.T) {
	h := honestRun(t, 1)
	_, own := xwing.DeriveKeyPair(make([]byte, xwing.SeedSize))
	m1 := slices.Clone(h.m1)
	own.Pack(m1[len(m1)-xwing.PublicKeySize:])
	if err := withM1(t, h, m1); !errors.Is(err, ErrWrongCode) {
		t.Errorf("%v, want ErrWrongCode", err)
	}

	m, err := wire.ParseM1(h.m1)
	must(t, err)
	proposal, err := wire.ParseProposal(m.Proposal)
	must(t, err)
	choice := wire.Choice{Role: wire.RoleSender, Version: version2, Suite: suite1}
	_, err = encapsulate(params(9).Rand, &proposal.PublicKey, &choice.Ciphertext)
	must(t, err)
	m2, err := wire.ParseM2(h.m2)
	must(t, err)
	if err := withM2(t, h, wire.M2{Share: m2.Share, Choice: choice.Append(nil)}.Append(nil)); !errors.Is(err, ErrWrongCode) {
		t.Errorf("own ciphertext: %v, want ErrWrongCode", err)
	}
}

// A relay without the words, between the two, with shares over a generator of
// its own: one guess at each side, and wrong.
func TestManInTheMiddle(t *testing.T) {
	r, m1 := newReceiver(t, params(1))
	s, err := NewSender(params(2))
	must(t, err)
	guess := params(3)
	guess.Words = "acid-acorn-acts"
	falseSender, err := NewSender(guess)
	must(t, err)
	falseReceiver, falseM1 := newReceiver(t, guess)

	falseM2, err := falseSender.HandleM1(m1)
	must(t, err)
	m3, err := r.HandleM2(falseM2)
	must(t, err)
	if _, _, err := falseSender.HandleM3(m3); !errors.Is(err, ErrWrongCode) {
		t.Errorf("the false sender: %v", err)
	}
	m2, err := s.HandleM1(falseM1)
	must(t, err)
	falseM3, err := falseReceiver.HandleM2(m2)
	must(t, err)
	for name, m := range map[string][]byte{"the false receiver's": falseM3, "the true receiver's": m3} {
		if err := refuseM3(t, again(s), m); !errors.Is(err, ErrWrongCode) {
			t.Errorf("%s M3: %v, want ErrWrongCode", name, err)
		}
	}
}

// Shares that are multiples of each other's do not cancel the words out.
func TestRelatedShares(t *testing.T) {
	h := honestRun(t, 1)
	m1, err := wire.ParseM1(h.m1)
	must(t, err)
	m2, err := wire.ParseM2(h.m2)
	must(t, err)
	var ya, negated, doubled ristretto.Point
	if !ya.SetBytes(&m1.Share) {
		t.Fatal("Ya is no point")
	}
	negated.Neg(&ya)
	doubled.Double(&ya)
	for _, p := range []*ristretto.Point{&negated, &doubled} {
		related := wire.M2{Choice: m2.Choice}
		p.BytesInto(&related.Share)
		if err := withM2(t, h, related.Append(nil)); !errors.Is(err, ErrWrongCode) {
			t.Errorf("%v, want ErrWrongCode", err)
		}
	}
}
