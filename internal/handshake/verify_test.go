package handshake

import (
	"errors"
	mathrand "math/rand/v2"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// The words of these tests have few bits, so that someone in the middle can
// search them all.
const (
	fewBits  = 5
	searches = 8 << fewBits
	victims  = 24
)

func fewWords(s *Secrets) byte { return s.verify[0] & (1<<fewBits - 1) }

// grindM2 is someone in the middle who knows the code and answers a receiver's M1.
// It makes one M2 after another until the words of the run would be want if the
// receiver's opening were the guess. It returns that M2 and the sender behind it.
func grindM2(t *testing.T, seed byte, m1 []byte, want byte, guess [32]byte) (m2 []byte, s *Sender) {
	t.Helper()
	p := params(0)
	p.Rand = mathrand.NewChaCha8([32]byte{200, seed})
	for range searches {
		s, err := NewSender(p)
		must(t, err)
		m2, err = s.HandleM1(m1)
		must(t, err)
		must(t, s.schedule.secrets.setVerify(guess))
		if fewWords(s.schedule.secrets) == want {
			return m2, s
		}
	}
	t.Fatal("no share gives the words, even if the opening is known")
	return nil, nil
}

// Someone in the middle who knows the code has finished with the sender, and
// varies its share towards the receiver until both have the same words. It would
// succeed each time if it knew the receiver's opening; without, it has the chance
// of a guess.
func TestWordsCannotBeGroundTowardsTheReceiver(t *testing.T) {
	for _, c := range []struct {
		name          string
		knows         bool
		least, atMost int
	}{
		{"opening known", true, victims, victims},
		{"opening committed", false, 0, 5}, // 0.75 expected
	} {
		hits := 0
		for i := range byte(victims) {
			sendersWords := fewWords(honestRun(t, 50+i).secrets)
			receiver, m1 := newReceiver(t, params(i))
			var guess [32]byte
			if c.knows {
				guess = receiver.opening
			}
			m2, falseSender := grindM2(t, i, m1, sendersWords, guess)
			m3, err := receiver.HandleM2(m2)
			must(t, err)
			m4, secrets, err := falseSender.HandleM3(m3)
			must(t, err)
			_, err = receiver.HandleM4(m4)
			must(t, err)
			if fewWords(secrets) == sendersWords {
				hits++
			}
		}
		if hits < c.least || hits > c.atMost {
			t.Errorf("%s: the words were the same in %d of %d runs, want %d to %d", c.name, hits, victims, c.least, c.atMost)
		}
	}
}

// Towards the sender, it has committed before it sees the sender's share. Another
// opening, by which the words would be those of the receiver, is refused.
func TestWordsCannotBeGroundTowardsTheSender(t *testing.T) {
	receiversWords := fewWords(honestRun(t, 50).secrets)
	h := honestRun(t, 1)
	m3, err := wire.ParseM3(h.m3)
	must(t, err)
	found := 0
	for i := range searches {
		m3.Opening[0], m3.Opening[1] = byte(i), byte(i>>8)
		sender := again(h.s)
		words := *sender.schedule.secrets
		must(t, words.setVerify(m3.Opening))
		if fewWords(&words) != receiversWords {
			continue
		}
		found++
		m4, secrets, err := sender.HandleM3(m3.Append(nil))
		if !errors.Is(err, ErrOpening) || m4 != nil || secrets != nil {
			t.Fatalf("another opening: %x, %v, %v; want ErrOpening and nothing else", m4, secrets, err)
		}
	}
	if found == 0 {
		t.Error("no opening gives the words: this test looks at the wrong place")
	}
}

// The same in a resumption, by someone who has the resume secret.
func TestResumeRefusesAnotherOpening(t *testing.T) {
	h := honestResume(t, 1)
	q3, err := wire.ParseQ3(h.q3)
	must(t, err)
	q3.Opening[31] ^= 1
	s := again(h.s)
	done, err := s.HandleQ3(q3.Append(nil))
	if !errors.Is(err, ErrOpening) || done != (Result{}) {
		t.Errorf("%v, %v; want ErrOpening", done, err)
	}
	resumeWith(t, s, resumeParams(3), testIncarnation(), 7) // nothing was completed
}

// A wrong confirmation is a wrong code, whatever is opened beside it.
func TestConfirmationIsCheckedBeforeTheOpening(t *testing.T) {
	h := honestRun(t, 1)
	if err := withM3(t, h, wire.M3{Opening: [32]byte{1}}.Append(nil)); !errors.Is(err, ErrWrongCode) {
		t.Errorf("%v, want ErrWrongCode", err)
	}
}

func TestVerifyBytesDependOnTheOpening(t *testing.T) {
	s := *honestRun(t, 1).secrets
	before := s.verify
	if before == [8]byte{} {
		t.Fatal("no verification bytes")
	}
	must(t, s.setVerify([32]byte{1}))
	if s.verify == before {
		t.Error("another opening gives the same bytes")
	}
}
