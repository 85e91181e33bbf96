package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
)

const (
	words     = "acid-acorn-acre"
	nameplate = "7"
)

func state() ResumeState {
	s := ResumeState{Relay: "wss://relay.example/ü"}
	for i := range s.Secret {
		s.Secret[i] = 0x80 + byte(i)
	}
	for i := range s.Room {
		s.Room[i] = 0xc0 + byte(i)
	}
	return s
}

// golden is state() under words and nameplate with the salt 10 11 .. 1f. It was
// computed by another implementation of Argon2id and AES-GCM, that of Python's
// cryptography package, from SealResume's comment.
func golden(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString("02101112131415161718191a1b1c1d1e1f" +
		"5c6c8f63fe51062160a3872fef6a9bcd1d390e603d14034d1e93dfebf4391e00" +
		"79bbd88de911cfb6cfab0f3120ff28f6" + "d2015333b71c127e1660c0556fdcda521aded675194a" +
		"5b097a0bede4b5e29bfb6272ff4e4ebe")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fixed is a cipher that costs nothing to make, for what does not depend on the
// words.
func fixed(t testing.TB) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead
}

func sealFixed(t testing.TB, s ResumeState) []byte {
	t.Helper()
	return seal(fixed(t), append([]byte{resumeVersion}, make([]byte, saltSize)...), s)
}

func TestGolden(t *testing.T) {
	want := golden(t)
	got, err := OpenResume(words, nameplate, want, MachineKey{})
	if err != nil || got != state() {
		t.Fatalf("opened as %+v, %v", got, err)
	}
	aead, err := resumeAEAD(argonKey, words, nameplate, want[1:headerSize])
	if err != nil {
		t.Fatal(err)
	}
	if b := seal(aead, slices.Clone(want[:headerSize]), state()); !bytes.Equal(b, want) {
		t.Errorf("sealed as %x,\nwant %x", b, want)
	}
}

func TestRoundTrip(t *testing.T) {
	for name, c := range map[string]struct {
		relay string
		size  int
	}{
		"no relay":   {"", 81},
		"some":       {"10.0.0.1:8080,[fe80::1]:8080", 109},
		"the most":   {strings.Repeat("r", MaxRelay), MaxSealedResume},
		"two octets": {strings.Repeat("ü", MaxRelay/2), MaxSealedResume - 1},
	} {
		want := state()
		want.Relay = c.relay
		sealed, err := SealResume(words, nameplate, want)
		if err != nil || len(sealed) != c.size {
			t.Fatalf("%s: sealed in %d bytes, want %d; %v", name, len(sealed), c.size, err)
		}
		if got, err := OpenResume(words, nameplate, sealed, MachineKey{}); err != nil || got != want {
			t.Errorf("%s: opened as %+v, %v", name, got, err)
		}
	}
}

// Nothing shows that two seals hold the same, and nothing of what they hold.
func TestSealIsFresh(t *testing.T) {
	s := state()
	a, err := SealResume(words, nameplate, s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := SealResume(words, nameplate, s)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(a[1:headerSize], b[1:headerSize]) || bytes.Equal(a[headerSize:], b[headerSize:]) {
		t.Error("two seals are alike")
	}
	for _, secret := range [][]byte{s.Secret[:8], s.Room[:8], []byte("relay"), []byte("acorn")} {
		if bytes.Contains(a, secret) {
			t.Errorf("%x stands in the open", secret)
		}
	}
}

func TestWrongWords(t *testing.T) {
	for _, c := range [][2]string{
		{"acid-acorn-acts", "7"},
		{"acid-acorn", "7"},
		{words, "8"},
		{words + "7", ""},
		{"", words + "7"},
		{"7", words},
		{"", ""},
	} {
		got, err := OpenResume(c[0], c[1], golden(t), MachineKey{})
		if !errors.Is(err, ErrWrongWords) || got != (ResumeState{}) {
			t.Errorf("%q: %+v, %v; want ErrWrongWords", c, got, err)
		}
	}
}

// Every bit of every byte counts, the header's too.
func TestTampered(t *testing.T) {
	aead, sealed := fixed(t), sealFixed(t, state())
	if got, err := open(aead, sealed); err != nil || got != state() {
		t.Fatalf("as it was: %+v, %v", got, err)
	}
	for i := range sealed {
		for bit := range 8 {
			changed := slices.Clone(sealed)
			changed[i] ^= 1 << bit
			if got, err := open(aead, changed); !errors.Is(err, ErrWrongWords) || got != (ResumeState{}) {
				t.Errorf("byte %d, bit %d: %+v, %v; want ErrWrongWords", i, bit, got, err)
			}
		}
	}
	changed := golden(t)
	changed[1] ^= 1
	if _, err := OpenResume(words, nameplate, changed, MachineKey{}); !errors.Is(err, ErrWrongWords) {
		t.Errorf("another salt: %v, want ErrWrongWords", err)
	}
}

func TestTruncatedOrLonger(t *testing.T) {
	aead, sealed := fixed(t), sealFixed(t, state())
	for n := range len(sealed) {
		err := checkSealed(sealed[:n])
		want := ErrMalformed
		if n >= 81 {
			if err != nil {
				t.Errorf("%d bytes: %v", n, err)
			}
			_, err = open(aead, sealed[:n])
			want = ErrWrongWords
		}
		if !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", n, err, want)
		}
	}
	if _, err := open(aead, append(slices.Clone(sealed), 0)); !errors.Is(err, ErrWrongWords) {
		t.Errorf("and a byte: %v, want ErrWrongWords", err)
	}
}

func TestMalformed(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":       nil,
		"short":         append([]byte{resumeVersion}, make([]byte, 79)...),
		"long":          append([]byte{resumeVersion}, make([]byte, MaxSealedResume)...),
		"version 0":     make([]byte, 200),
		"version 1":     append([]byte{1}, golden(t)[1:]...),
		"version 4":     append([]byte{4}, golden(t)[1:]...),
		"something big": make([]byte, 1<<20),
	} {
		if got, err := OpenResume(words, nameplate, b, MachineKey{}); !errors.Is(err, ErrMalformed) || got != (ResumeState{}) {
			t.Errorf("%s: %+v, %v; want ErrMalformed", name, got, err)
		}
	}
	noText := state()
	noText.Relay = "\xff"
	if _, err := open(fixed(t), sealFixed(t, noText)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a relay that is no text: %v, want ErrMalformed", err)
	}
}

func TestSealRefuses(t *testing.T) {
	long, noText := state(), state()
	long.Relay = strings.Repeat("r", MaxRelay+1)
	noText.Relay = "\xff"
	for name, c := range map[string]struct {
		words, nameplate string
		state            ResumeState
	}{
		"no words":     {"", nameplate, state()},
		"no nameplate": {words, "", state()},
		"long relay":   {words, nameplate, long},
		"no text":      {words, nameplate, noText},
	} {
		if b, err := SealResume(c.words, c.nameplate, c.state); err == nil || b != nil {
			t.Errorf("%s: %x, %v", name, b, err)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, err := range []error{ErrMalformed, ErrWrongWords} {
		if !strings.Contains(err.Error(), "new code") {
			t.Errorf("%q has no advice", err)
		}
	}
}
