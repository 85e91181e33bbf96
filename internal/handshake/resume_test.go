package handshake

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// resumeParams are those of an honest side; seed makes its randomness its own.
func resumeParams(seed byte) ResumeParams {
	return ResumeParams{
		Secret: [32]byte{1, 31: 2}, Room: [16]byte{3, 15: 4},
		Rand: mathrand.NewChaCha8([32]byte{seed}),
	}
}

func testIncarnation() [16]byte { return [16]byte{5, 15: 6} }

// newResumer returns a receiver that has sent the Q1 of a generation.
func newResumer(t testing.TB, p ResumeParams, incarnation [16]byte, generation uint32) (r *Resumer, q1 []byte) {
	t.Helper()
	r, err := NewResumer(p, incarnation)
	if err == nil {
		r.generation = generation - 1
		q1, err = r.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r, q1
}

// resumeRun is a resumption with all of its messages.
type resumeRun struct {
	q1, q2, q3 []byte
	r          *Resumer        // as it was before q2
	s          *ResumeAcceptor // as it was before q3
	secrets    *Secrets
}

func honestResume(t testing.TB, seed byte) resumeRun {
	t.Helper()
	s, err := NewResumeAcceptor(resumeParams(seed + 100))
	if err != nil {
		t.Fatal(err)
	}
	return resumeWith(t, s, resumeParams(seed), testIncarnation(), 7)
}

// resumeWith completes a resumption, and keeps copies of both sides as they were
// before each message.
func resumeWith(t testing.TB, s *ResumeAcceptor, p ResumeParams, incarnation [16]byte, generation uint32) (h resumeRun) {
	t.Helper()
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r, q1 := newResumer(t, p, incarnation, generation)
	before := *r
	q2, err := s.HandleQ1(q1)
	fail(err)
	acceptor := *s
	acceptor.completed = slices.Clone(s.completed)
	q3, ofReceiver, err := r.HandleQ2(q2)
	fail(err)
	done, err := s.HandleQ3(q3)
	fail(err)
	if done.Incarnation != incarnation || done.Generation != generation {
		t.Fatalf("resumed %x, %d; want %x, %d", done.Incarnation, done.Generation, incarnation, generation)
	}
	if !slices.Equal(allSecrets(t, done.Secrets), allSecrets(t, ofReceiver)) {
		t.Fatal("the two sides have different secrets")
	}
	return resumeRun{q1, q2, q3, &before, &acceptor, ofReceiver}
}

// A session is resumed several times. All keys are new each time; the resume secret
// and room stay.
func TestResumeAgreement(t *testing.T) {
	first := honestRun(t, 1).secrets
	p := ResumeParams{Secret: first.ResumeSecret(), Room: first.ResumeRoom()}
	s, err := NewResumeAcceptor(p)
	must(t, err)
	fixed := []string{fmt.Sprintf("%x", p.Secret), fmt.Sprintf("%x", p.Room)}
	seen := map[string]bool{}
	for _, secret := range allSecrets(t, first) {
		seen[secret] = true
	}
	for generation := range uint32(3) {
		secrets := resumeWith(t, s, p, testIncarnation(), generation+1).secrets
		p = ResumeParams{Secret: secrets.ResumeSecret(), Room: secrets.ResumeRoom()}
		all := allSecrets(t, secrets)
		if !slices.Equal(all[5:7], fixed) {
			t.Errorf("generation %d: resume secret and room are %s, want %s", generation, all[5:7], fixed)
		}
		for _, secret := range slices.Delete(all, 5, 7) {
			if seen[secret] {
				t.Errorf("generation %d: %s was there before", generation, secret)
			}
			seen[secret] = true
		}
	}
	if len(seen) != 8+3*6 {
		t.Errorf("%d different secrets, want 26", len(seen))
	}
}

func TestResumeSizes(t *testing.T) {
	h := honestResume(t, 1)
	for i, want := range []int{1285, 1169, 65} {
		if got := len([][]byte{h.q1, h.q2, h.q3}[i]); got != want {
			t.Errorf("Q%d has %d bytes, want %d", i+1, got, want)
		}
	}
}

// With nothing but defaults, two runs differ in every value that is drawn.
func TestResumeSystemRandomness(t *testing.T) {
	p := resumeParams(0)
	p.Rand = nil
	_, a := newResumer(t, p, testIncarnation(), 1)
	_, b := newResumer(t, p, testIncarnation(), 1)
	if bytes.Equal(a[1:17], b[1:17]) || bytes.Equal(a[37:69], b[37:69]) || bytes.Equal(a[69:], b[69:]) {
		t.Error("two runs share a nonce, a commitment or a key")
	}
	s, err := NewResumeAcceptor(p)
	must(t, err)
	first, err := s.HandleQ1(a)
	must(t, err)
	second, err := s.HandleQ1(a)
	must(t, err)
	if bytes.Equal(first[1:17], second[1:17]) || bytes.Equal(first[17:1137], second[17:1137]) {
		t.Error("two answers share a nonce or a ciphertext")
	}
}

func TestResumeMessagesAreTheCallers(t *testing.T) {
	r, q1 := newResumer(t, resumeParams(1), testIncarnation(), 1)
	s, err := NewResumeAcceptor(resumeParams(2))
	must(t, err)
	q2, err := s.HandleQ1(q1)
	must(t, err)
	clear(q1)
	q3, _, err := r.HandleQ2(q2)
	must(t, err)
	clear(q2)
	_, err = s.HandleQ3(q3)
	must(t, err)
}

func TestResumeWrongSecretOrRoom(t *testing.T) {
	for name, change := range map[string]func(*ResumeParams){
		"secret, first byte": func(p *ResumeParams) { p.Secret[0] ^= 1 },
		"secret, last byte":  func(p *ResumeParams) { p.Secret[31] ^= 0x80 },
		"room, first byte":   func(p *ResumeParams) { p.Room[0] ^= 1 },
		"room, last byte":    func(p *ResumeParams) { p.Room[15] ^= 0x80 },
	} {
		t.Run(name, func(t *testing.T) {
			other := resumeParams(1)
			change(&other)
			r, q1 := newResumer(t, other, testIncarnation(), 1)
			s, err := NewResumeAcceptor(resumeParams(2))
			must(t, err)
			q2, err := s.HandleQ1(q1)
			must(t, err)
			q3, secrets, err := r.HandleQ2(q2)
			if !errors.Is(err, ErrWrongPeer) || q3 != nil || secrets != nil {
				t.Fatalf("HandleQ2: %x, %v, %v; want ErrWrongPeer and nothing else", q3, secrets, err)
			}
			if _, err := s.HandleQ3(AbortMessage(err)); !errors.Is(err, ErrWrongPeer) {
				t.Fatalf("HandleQ3 of the abort: %v, want ErrWrongPeer", err)
			}
			// Nothing is burnt: the true receiver still comes through.
			resumeWith(t, s, resumeParams(3), testIncarnation(), 1)
		})
	}
}

// A receiver without the secret that answers Q2 although its confirmation is wrong.
func TestResumeFalseReceiver(t *testing.T) {
	other := resumeParams(1)
	other.Secret[0] ^= 1
	s, err := NewResumeAcceptor(resumeParams(2))
	must(t, err)
	r, q1 := newResumer(t, other, testIncarnation(), 1)
	q2, err := s.HandleQ1(q1)
	must(t, err)
	m, err := wire.ParseQ2(q2)
	must(t, err)
	ss := make([]byte, 32)
	r.run.kem.DecapsulateTo(ss, m.Ciphertext[:])
	forged, err := newResumeSchedule(other, q1, m.AppendUnconfirmed(nil), ss)
	must(t, err)
	done, err := s.HandleQ3(wire.Q3{Confirmation: forged.confirmReceiver}.Append(nil))
	if !errors.Is(err, ErrWrongPeer) || done != (Result{}) {
		t.Errorf("%v, %v; want ErrWrongPeer", done, err)
	}
	if len(s.completed) != 0 {
		t.Error("an attempt that failed is remembered")
	}
}

func TestResumeOrder(t *testing.T) {
	h := honestResume(t, 1)
	s, err := NewResumeAcceptor(resumeParams(101))
	must(t, err)
	if _, err := s.HandleQ3(h.q3); err != ErrOrder {
		t.Errorf("Q3 before Q1: %v", err)
	}
	q2, err := s.HandleQ1(h.q1)
	must(t, err)
	check(t, "Q2", q2, h.q2)

	r := again(h.r)
	if _, _, err := r.HandleQ2(nil); !isMalformed(err) {
		t.Errorf("empty Q2: %v", err)
	}
	if _, secrets, err := r.HandleQ2(h.q2); err != ErrOrder || secrets != nil {
		t.Errorf("Q2 after a bad one: %v", err)
	}
	r = again(h.r)
	_, _, err = r.HandleQ2(h.q2)
	must(t, err)
	if _, _, err := r.HandleQ2(h.q2); err != ErrOrder {
		t.Errorf("second Q2: %v", err)
	}

	for name, first := range map[string][]byte{"wrong": wire.Q3{}.Append(nil), "empty": nil, "right": h.q3} {
		s := again(h.s)
		if _, err := s.HandleQ3(first); (err == nil) != (name == "right") {
			t.Errorf("%s Q3: %v", name, err)
		}
		if done, err := s.HandleQ3(h.q3); err != ErrOrder || done != (Result{}) {
			t.Errorf("Q3 after a %s one: %v", name, err)
		}
	}
}

// The receiver lost its connection before Q3 and asks again, of the same
// acceptor: where Q3 was waited for, and where nothing was.
func TestResumeAsksAgain(t *testing.T) {
	s, err := NewResumeAcceptor(resumeParams(100))
	must(t, err)
	lost, q1 := newResumer(t, resumeParams(1), testIncarnation(), 1)
	q2, err := s.HandleQ1(q1)
	must(t, err)
	lateQ3, _, err := lost.HandleQ2(q2)
	must(t, err)

	r, q1 := newResumer(t, resumeParams(2), testIncarnation(), 2)
	if _, err := again(s).HandleQ3(q1); !isMalformed(err) {
		t.Errorf("Q1 in place of Q3: %v, want ErrMalformed", err)
	}
	q2, err = s.HandleQ1(q1)
	must(t, err)
	if _, err := again(s).HandleQ3(lateQ3); err != ErrWrongPeer {
		t.Errorf("Q3 of the earlier attempt: %v, want ErrWrongPeer", err)
	}
	q3, _, err := r.HandleQ2(q2)
	must(t, err)
	_, err = s.HandleQ3(q3)
	must(t, err)
}

// A Q1 that is refused does not disturb the attempt before it.
func TestResumeRefusedQ1ChangesNothing(t *testing.T) {
	s, err := NewResumeAcceptor(resumeParams(100))
	must(t, err)
	old := resumeWith(t, s, resumeParams(1), testIncarnation(), 1)
	r, q1 := newResumer(t, resumeParams(2), testIncarnation(), 2)
	q2, err := s.HandleQ1(q1)
	must(t, err)
	for _, bad := range [][]byte{nil, q1[:9], old.q1, wire.HandshakeAbort{Reason: wire.AbortRefused}.Append(nil)} {
		if q2, err := s.HandleQ1(bad); err == nil || q2 != nil {
			t.Errorf("%x: %x, %v", bad, q2, err)
		}
	}
	q3, _, err := r.HandleQ2(q2)
	must(t, err)
	_, err = s.HandleQ3(q3)
	must(t, err)
}

func TestResumeGeneration(t *testing.T) {
	s, err := NewResumeAcceptor(resumeParams(100))
	must(t, err)
	stale := func(incarnation [16]byte, generation uint32) {
		t.Helper()
		_, q1 := newResumer(t, resumeParams(3), incarnation, generation)
		if q2, err := s.HandleQ1(q1); err != ErrStale || q2 != nil {
			t.Errorf("generation %d: %x, %v; want ErrStale", generation, q2, err)
		}
	}
	seed := byte(0)
	resume := func(incarnation [16]byte, generation uint32) {
		t.Helper()
		seed++
		resumeWith(t, s, resumeParams(seed), incarnation, generation)
	}
	a, b := [16]byte{1}, [16]byte{2}
	resume(a, 5)
	stale(a, 5)
	stale(a, 4)
	stale(a, 1)
	resume(a, 6)
	resume(b, 1) // another process counts for itself
	stale(b, 1)
	stale(a, 6) // and the first is not forgotten
	resume(b, wire.MaxGeneration)
	stale(b, wire.MaxGeneration)
	resume(a, 7)

	// An attempt that was not completed does not count.
	_, q1 := newResumer(t, resumeParams(50), a, 1000)
	_, err = s.HandleQ1(q1)
	must(t, err)
	resume(a, 8)
}

// The sender answers no Q1 whose generation no lane could have, and the receiver
// makes none.
func TestResumeGenerationBounds(t *testing.T) {
	q1, err := wire.ParseQ1(honestResume(t, 1).q1)
	must(t, err)
	s, err := NewResumeAcceptor(resumeParams(100))
	must(t, err)
	for _, generation := range []uint32{0, wire.MaxGeneration + 1, 70_000, 1<<32 - 1} {
		q1.Generation = generation
		q2, err := s.HandleQ1(q1.Append(nil))
		if !isMalformed(err) || q2 != nil {
			t.Errorf("generation %d: %x, %v; want ErrMalformed", generation, q2, err)
		}
		check(t, "the abort", AbortMessage(err), []byte{0x1f, 3})
	}
	r, _ := newResumer(t, resumeParams(1), testIncarnation(), wire.MaxGeneration)
	for range 2 {
		if q1, err := r.Start(); err != ErrGenerations || q1 != nil {
			t.Errorf("after the last generation: %x, %v; want ErrGenerations", q1, err)
		}
	}
}

// The acceptor remembers only so many incarnations.
func TestResumeMemoryIsBounded(t *testing.T) {
	s, err := NewResumeAcceptor(resumeParams(100))
	must(t, err)
	incarnation := func(i int) (a [16]byte) {
		binary.BigEndian.PutUint32(a[12:], uint32(i))
		return a
	}
	for i := range maxIncarnations + 2 {
		resumeWith(t, s, resumeParams(byte(i)), incarnation(i+1), 3)
		if i == 40 { // the first is used again, and so the second is the oldest
			resumeWith(t, s, resumeParams(200), incarnation(1), 4)
		}
	}
	if len(s.completed) != maxIncarnations {
		t.Errorf("%d incarnations are remembered, want %d", len(s.completed), maxIncarnations)
	}
	for i, want := range map[int]error{1: ErrStale, 2: nil, 3: nil, 4: ErrStale, maxIncarnations + 2: ErrStale} {
		_, q1 := newResumer(t, resumeParams(201), incarnation(i), 3)
		if _, err := s.HandleQ1(q1); err != want {
			t.Errorf("incarnation %d: %v, want %v", i, err, want)
		}
	}
}

func TestResumeParamsAreChecked(t *testing.T) {
	for _, p := range []ResumeParams{{}, {Secret: [32]byte{1}}, {Room: [16]byte{1}}} {
		if _, err := NewResumeAcceptor(p); err == nil {
			t.Errorf("NewResumeAcceptor(%+v) went well", p)
		}
		if _, err := NewResumer(p, testIncarnation()); err == nil {
			t.Errorf("NewResumer(%+v) went well", p)
		}
	}
	if _, err := NewResumer(resumeParams(1), [16]byte{}); err == nil {
		t.Error("an incarnation that was never drawn went well")
	}
}

// A random source that ends early ends the run.
func TestResumeRandomSourceFails(t *testing.T) {
	q1 := honestResume(t, 1).q1
	for _, n := range []int{0, 15, 16, 47, 48, 79} {
		p := resumeParams(0)
		p.Rand = io.LimitReader(p.Rand, int64(n))
		r, err := NewResumer(p, testIncarnation())
		must(t, err)
		if q1, err := r.Start(); err == nil || q1 != nil {
			t.Errorf("a receiver with %d random bytes", n)
		}
	}
	for _, n := range []int{0, 15, 16, 79} {
		p := resumeParams(0)
		p.Rand = io.LimitReader(p.Rand, int64(n))
		s, err := NewResumeAcceptor(p)
		must(t, err)
		if q2, err := s.HandleQ1(q1); err == nil || q2 != nil {
			t.Errorf("a sender with %d random bytes", n)
		}
		if _, err := s.HandleQ3(nil); err != ErrOrder {
			t.Errorf("a sender with %d random bytes waits for Q3: %v", n, err)
		}
	}
}
