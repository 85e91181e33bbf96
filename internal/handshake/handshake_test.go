package handshake

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// The sizes in package wire are those of X-Wing.
var (
	_ = [1]struct{}{}[wire.XWingPublicKeySize-xwing.PublicKeySize]
	_ = [1]struct{}{}[wire.XWingCiphertextSize-xwing.CiphertextSize]
)

func isMalformed(err error) bool { return errors.Is(err, wire.ErrMalformed) }

// params are those of an honest side; seed makes its randomness its own.
func params(seed byte) Params {
	return Params{
		Words: "acid-acorn-acre", Nameplate: "7", SenderNonce: [16]byte{1, 2, 3},
		Rand: mathrand.NewChaCha8([32]byte{seed}),
	}
}

// newReceiver returns a receiver that has sent M1.
func newReceiver(t testing.TB, p Params) (r *Receiver, m1 []byte) {
	t.Helper()
	r, err := NewReceiver(p)
	if err == nil {
		m1, err = r.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r, m1
}

// run is a handshake with all of its messages.
type run struct {
	m1, m2, m3, m4 []byte
	r              *Receiver // as it was before m2
	s              *Sender   // as it was before m3
	done           *Receiver // as it was before m4
	secrets        *Secrets
}

// honestRun completes a run, and keeps copies of both sides as they were before
// each message.
func honestRun(t testing.TB, seed byte) (h run) {
	t.Helper()
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r, m1 := newReceiver(t, params(seed))
	before := *r
	s, err := NewSender(params(seed + 100))
	fail(err)
	m2, err := s.HandleM1(m1)
	fail(err)
	sender := *s
	m3, err := r.HandleM2(m2)
	fail(err)
	after := *r
	m4, ofSender, err := s.HandleM3(m3)
	fail(err)
	ofReceiver, err := r.HandleM4(m4)
	fail(err)
	if !slices.Equal(allSecrets(t, ofSender), allSecrets(t, ofReceiver)) {
		t.Fatal("the two sides have different secrets")
	}
	return run{m1, m2, m3, m4, &before, &sender, &after, ofReceiver}
}

// again returns a copy of a side, so that a test can give it another message.
func again[T any](side *T) *T {
	c := *side
	return &c
}

func allSecrets(t testing.TB, s *Secrets) []string {
	t.Helper()
	export, err := s.Export("a label", 32)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{hex.EncodeToString(export)}
	for _, d := range []Direction{SenderToReceiver, ReceiverToSender} {
		list = append(list, fmt.Sprintf("%x", s.ControlSecret(d)), fmt.Sprintf("%x", s.DataSecret(d)))
	}
	return append(list, fmt.Sprintf("%x", s.ResumeSecret()), fmt.Sprintf("%x", s.ResumeRoom()), fmt.Sprintf("%x", s.VerifyBytes()))
}

func TestAgreement(t *testing.T) {
	first, second := honestRun(t, 1), honestRun(t, 2)
	seen := map[string]bool{}
	for _, secret := range slices.Concat(allSecrets(t, first.secrets), allSecrets(t, second.secrets)) {
		for known := range seen {
			if strings.HasPrefix(known, secret) || strings.HasPrefix(secret, known) {
				t.Errorf("%s twice: secrets of one run, or of two, are not independent", secret)
			}
		}
		seen[secret] = true
	}
	if len(seen) != 16 {
		t.Errorf("%d different secrets of two runs, want 16", len(seen))
	}
}

// With nothing but defaults, two runs of the same code differ in every value.
func TestSystemRandomness(t *testing.T) {
	p := params(0)
	p.Rand = nil
	_, a := newReceiver(t, p)
	_, b := newReceiver(t, p)
	if bytes.Equal(a[1:17], b[1:17]) || bytes.Equal(a[17:49], b[17:49]) || bytes.Equal(a[49:81], b[49:81]) || bytes.Equal(a[90:], b[90:]) {
		t.Error("two runs share a nonce, a share, a commitment or a key")
	}
}

func TestMessageSizes(t *testing.T) {
	h := honestRun(t, 1)
	for i, want := range []int{1306, 1158, 65, 33} {
		if got := len([][]byte{h.m1, h.m2, h.m3, h.m4}[i]); got != want {
			t.Errorf("M%d has %d bytes, want %d", i+1, got, want)
		}
	}
}

func TestMessagesAreTheCallers(t *testing.T) {
	r, m1 := newReceiver(t, params(1))
	s, err := NewSender(params(2))
	must(t, err)
	m2, err := s.HandleM1(m1)
	must(t, err)
	clear(m1)
	m3, err := r.HandleM2(m2)
	must(t, err)
	clear(m2)
	m4, _, err := s.HandleM3(m3)
	must(t, err)
	clear(m3)
	_, err = r.HandleM4(m4)
	must(t, err)
}

// Whatever the two sides do not share, the sender finds out first, and the receiver
// gets nothing that it could test guesses with.
func TestWrongCode(t *testing.T) {
	for name, change := range map[string]func(*Params){
		"words":            func(p *Params) { p.Words = "acid-acorn-acts" },
		"fewer words":      func(p *Params) { p.Words = "acid-acorn" },
		"order of words":   func(p *Params) { p.Words = "acorn-acid-acre" },
		"nameplate":        func(p *Params) { p.Nameplate = "8" },
		"sender's nonce":   func(p *Params) { p.SenderNonce[15] ^= 1 },
		"no nonce":         func(p *Params) { p.SenderNonce = [16]byte{} },
		"words, nameplate": func(p *Params) { p.Words, p.Nameplate = "acid-acorn", "7-acre" },
	} {
		for _, side := range []string{"receiver", "sender"} {
			t.Run(name+" of the "+side, func(t *testing.T) {
				ofReceiver, ofSender := params(1), params(2)
				if side == "receiver" {
					change(&ofReceiver)
				} else {
					change(&ofSender)
				}
				r, m1 := newReceiver(t, ofReceiver)
				s, err := NewSender(ofSender)
				must(t, err)
				m2, err := s.HandleM1(m1)
				must(t, err)
				m3, err := r.HandleM2(m2)
				must(t, err)
				m4, secrets, err := s.HandleM3(m3)
				if !errors.Is(err, ErrWrongCode) || m4 != nil || secrets != nil {
					t.Fatalf("HandleM3: %x, %v, %v; want ErrWrongCode and nothing else", m4, secrets, err)
				}
				abort := AbortMessage(err)
				if secrets, err := r.HandleM4(abort); !errors.Is(err, ErrWrongCode) || secrets != nil {
					t.Fatalf("HandleM4 of the abort: %v, %v; want ErrWrongCode", secrets, err)
				}
			})
		}
	}
}

func TestReceiverChecksSender(t *testing.T) {
	h := honestRun(t, 1)
	wrong := wire.M4{Confirmation: [32]byte{1}}.Append(nil)
	if secrets, err := again(h.done).HandleM4(wrong); !errors.Is(err, ErrWrongCode) || secrets != nil {
		t.Errorf("%v, %v; want ErrWrongCode", secrets, err)
	}
}

// The first M1 burns the code whatever it was, so there are no two guesses.
func TestSecondM1IsRefused(t *testing.T) {
	good := honestRun(t, 1).m1
	for name, first := range map[string][]byte{
		"good": good, "empty": nil, "junk": []byte("junk"), "truncated": good[:100],
		"abort": wire.HandshakeAbort{Reason: wire.AbortRefused}.Append(nil),
	} {
		s, err := NewSender(params(2))
		must(t, err)
		_, firstErr := s.HandleM1(first)
		if (firstErr == nil) != (name == "good") {
			t.Errorf("%s: %v", name, firstErr)
		}
		for range 3 {
			if m2, err := s.HandleM1(good); err != ErrBurnt || m2 != nil {
				t.Errorf("%s, then a good one: %x, %v; want ErrBurnt", name, m2, err)
			}
		}
	}
}

// A second M1 does not disturb the run of the first.
func TestSecondM1LeavesTheFirstAlone(t *testing.T) {
	h := honestRun(t, 1)
	s := again(h.s)
	if _, err := s.HandleM1(honestRun(t, 2).m1); err != ErrBurnt {
		t.Fatalf("%v, want ErrBurnt", err)
	}
	m4, _, err := s.HandleM3(h.m3)
	must(t, err)
	check(t, "M4", m4, h.m4)
}

func TestOrder(t *testing.T) {
	h := honestRun(t, 1)
	s, err := NewSender(params(2))
	must(t, err)
	if _, _, err := s.HandleM3(h.m3); err != ErrOrder {
		t.Errorf("M3 before M1: %v", err)
	}
	if _, err := s.HandleM1(h.m1); err != nil {
		t.Errorf("M1 after an M3 that came too early: %v", err)
	}
	if _, err := again(h.r).HandleM4(h.m4); err != ErrOrder {
		t.Errorf("M4 before M2: %v", err)
	}

	r := again(h.r)
	if _, err := r.HandleM2(nil); !isMalformed(err) {
		t.Errorf("empty M2: %v", err)
	}
	if _, err := r.HandleM2(h.m2); err != ErrOrder {
		t.Errorf("M2 after a bad one: %v", err)
	}
	r = again(h.r)
	_, err = r.HandleM2(h.m2)
	must(t, err)
	if _, err := r.HandleM2(h.m2); err != ErrOrder {
		t.Errorf("second M2: %v", err)
	}

	// One guess is one M3, and one M4.
	sender, receiver := again(h.s), again(h.done)
	if _, _, err := sender.HandleM3(wire.M3{}.Append(nil)); err != ErrWrongCode {
		t.Errorf("wrong M3: %v", err)
	}
	if _, secrets, err := sender.HandleM3(h.m3); err != ErrOrder || secrets != nil {
		t.Errorf("right M3 after a wrong one: %v", err)
	}
	if _, err := receiver.HandleM4(wire.M4{}.Append(nil)); err != ErrWrongCode {
		t.Errorf("wrong M4: %v", err)
	}
	if secrets, err := receiver.HandleM4(h.m4); err != ErrOrder || secrets != nil {
		t.Errorf("right M4 after a wrong one: %v", err)
	}
}

func TestParamsAreChecked(t *testing.T) {
	for _, p := range []Params{{}, {Words: "acid-acorn"}, {Nameplate: "7"}} {
		if _, err := NewSender(p); err == nil {
			t.Errorf("NewSender(%+v) went well", p)
		}
		if _, err := NewReceiver(p); err == nil {
			t.Errorf("NewReceiver(%+v) went well", p)
		}
	}
}

// A random source that ends early, or gives nothing but zeros, ends the run.
func TestRandomSourceFails(t *testing.T) {
	m1 := honestRun(t, 1).m1
	for _, n := range []int{0, 15, 16, 79, 80, 111, 112, 143} {
		p := params(0)
		p.Rand = io.LimitReader(mathrand.NewChaCha8([32]byte{}), int64(n))
		if _, err := NewReceiver(p); err == nil {
			t.Errorf("a receiver with %d random bytes", n)
		}
	}
	for _, n := range []int{0, 63, 64, 127} {
		p := params(0)
		p.Rand = io.LimitReader(mathrand.NewChaCha8([32]byte{}), int64(n))
		s, err := NewSender(p)
		must(t, err)
		if m2, err := s.HandleM1(m1); err == nil || m2 != nil {
			t.Errorf("a sender with %d random bytes", n)
		}
	}
	p := params(0)
	p.Rand = bytes.NewReader(make([]byte, 4096))
	if _, err := NewReceiver(p); err == nil {
		t.Error("a receiver with zeros for randomness")
	}
}

func TestExport(t *testing.T) {
	s := honestRun(t, 1).secrets
	a, err := s.Export("a", 32)
	must(t, err)
	longer, err := s.Export("a", 8160)
	must(t, err)
	b, err := s.Export("b", 32)
	must(t, err)
	if !bytes.Equal(a, longer[:32]) || bytes.Equal(a, b) || len(longer) != 8160 {
		t.Errorf("exports %x, %x, %d bytes", a, b, len(longer))
	}
	for _, n := range []int{-1, 8161} {
		if b, err := s.Export("a", n); err == nil {
			t.Errorf("%d bytes: %x", n, b)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	s := honestRun(t, 1).secrets
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if got := strings.Trim(fmt.Sprintf(format, s), `"`); got != "handshake.Secrets{hidden}" {
			t.Errorf("%s: %s", format, got)
		}
	}
}
