package wordkey

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// cheap is a cost for tests.
func cheap() container.Cost { return container.Cost{Passes: 1, Memory: 64, Lanes: 1} }

func exampleLink() storelink.Link {
	l := storelink.Link{Relay: "https://relay.example", ID: storelink.ID{1, 2, 3}}
	copy(l.Secret[:], bytes.Repeat([]byte{0xa5}, storelink.SecretSize))
	return l
}

func exampleWords() []string {
	return []string{"acid", "acoustics", "acrobat", "banana", "canister", "dairy", "zucchini"}
}

// The words are worth 72 bits or more, and are others each time.
func TestGenerate(t *testing.T) {
	seen := make(map[string]bool)
	for range 20 {
		words, err := Generate()
		if err != nil || len(words) != Count {
			t.Fatal(words, err)
		}
		seen[strings.Join(words, "-")] = true
		if got, err := code.ParseWords(strings.Join(words, " "), Count); err != nil || strings.Join(got, "-") != strings.Join(words, "-") {
			t.Errorf("%q parses as %q, %v", words, got, err)
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d of 20 are different", len(seen))
	}
	const listed = 1295 // of which no word is drawn twice
	bits := 0.
	for i := range Count {
		bits += math.Log2(float64(listed - i))
	}
	if bits < 72 {
		t.Errorf("they are worth %.1f bits", bits)
	}
}

// What is wrapped with the real cost opens with the words, however they are typed, and
// with nothing else.
func TestWrap(t *testing.T) {
	l := exampleLink()
	words, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Wrap(l, words)
	if err != nil || len(b) != Size {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	again, err := Wrap(l, words)
	if err != nil || bytes.Equal(b, again) {
		t.Errorf("it is wrapped twice as the same bytes, %v", err)
	}
	w, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if w.cost != container.DefaultCost() {
		t.Errorf("it takes %+v", w.cost)
	}
	if got, err := w.Open(l.ID, " "+strings.ToUpper(strings.Join(words, ", "))+"\n"); err != nil || got != l.Secret {
		t.Errorf("it opens as %x, %v", got, err)
	}
}

func TestTyped(t *testing.T) {
	l := exampleLink()
	b, err := wrap(l, exampleWords(), cheap(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{
		"acid-acoustics-acrobat-banana-canister-dairy-zucchini", "Acid Acoustics ACROBAT banana canister dairy zucchini",
		" acid, acoustics, acrobat, banana, canister, dairy, zucchini.\r\n", "“aci aco acr ban can dai zuc”", "acid_acoustics.acrobat–banana—canister dairy  zucchini",
	} {
		if got, err := w.Open(l.ID, typed); err != nil || got != l.Secret {
			t.Errorf("%q: %x, %v", typed, got, err)
		}
	}
	var word *code.WordError
	for typed, want := range map[string]error{
		"acid acoustics acrobat banana canister zucchini dairy": ErrWords,
		"acid acoustics acrobat banana canister dairy acid":     ErrWords,
		"": code.ErrEmpty, "acid acoustics": code.ErrFewWords,
		"acid acoustics acrobat banana canister dairy zucchini acid": code.ErrManyWords,
	} {
		if got, err := w.Open(l.ID, typed); !errors.Is(err, want) || got != [32]byte{} {
			t.Errorf("%q: %x, %v; want %v", typed, got, err, want)
		}
	}
	if _, err := w.Open(l.ID, "acid acoustics acrobat banana canister dairy xxxxxx"); !errors.As(err, &word) {
		t.Errorf("a word that is none: %v", err)
	}
	if _, err := w.Open(storelink.ID{1, 2, 4}, strings.Join(exampleWords(), " ")); !errors.Is(err, ErrWords) {
		t.Errorf("for another transfer: %v", err)
	}
}

// A change of any bit is noticed, and what is too short or too long is refused.
func TestChanged(t *testing.T) {
	l := exampleLink()
	b, err := wrap(l, exampleWords(), cheap(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	typed := strings.Join(exampleWords(), "-")
	for at := range b {
		for bit := range 8 {
			changed := bytes.Clone(b)
			changed[at] ^= 1 << bit
			w, err := Parse(changed)
			if err == nil {
				if w.cost.Memory > 1<<10 || w.cost.Passes > 4 {
					continue // allowed, and slow
				}
				_, err = w.Open(l.ID, typed)
			}
			if err == nil {
				t.Errorf("byte %d, bit %d: nothing is noticed", at, bit)
			}
		}
	}
	for n := range Size {
		if w, err := Parse(b[:n]); err == nil {
			t.Errorf("%d bytes: %+v", n, w)
		}
	}
	if w, err := Parse(append(bytes.Clone(b), 0)); !errors.Is(err, ErrFormat) {
		t.Errorf("too long: %+v, %v", w, err)
	}
	if _, err := Parse(append([]byte{2}, b[1:]...)); !errors.Is(err, ErrVersion) {
		t.Errorf("another version: %v", err)
	}
}

// What would take all the memory or time of a receiver is refused before it does.
func TestBounds(t *testing.T) {
	b, err := wrap(exampleLink(), exampleWords(), cheap(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for what, fields := range map[string][9]byte{ // lanes, passes, memory
		"64 GiB":         {4, 0, 0, 0, 3, 4, 0, 0, 0},
		"all passes":     {4, 255, 255, 255, 255, 0, 1, 0, 0},
		"no passes":      {4, 0, 0, 0, 0, 0, 1, 0, 0},
		"no lanes":       {0, 0, 0, 0, 3, 0, 1, 0, 0},
		"all lanes":      {255, 0, 0, 0, 3, 0, 1, 0, 0},
		"too little":     {4, 0, 0, 0, 3, 0, 0, 0, 31},
		"all the memory": {4, 0, 0, 0, 3, 255, 255, 255, 255},
	} {
		changed := bytes.Clone(b)
		copy(changed[1:], fields[:])
		var cost *container.CostError
		if w, err := Parse(changed); !errors.As(err, &cost) {
			t.Errorf("%s: %+v, %v", what, w, err)
		}
	}
}

func TestNoRandomness(t *testing.T) {
	if b, err := wrap(exampleLink(), exampleWords(), cheap(), strings.NewReader("short")); err == nil {
		t.Errorf("%x", b)
	}
}
