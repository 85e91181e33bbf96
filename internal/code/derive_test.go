package code

import (
	"errors"
	"strings"
	"testing"
)

// A new code parses as itself, is strong enough to be sent with, and is another one
// each time.
func TestNew(t *testing.T) {
	seen := map[string]bool{}
	for n := DefaultWords; n <= MaxWords; n++ {
		c, err := New(n)
		if err != nil || len(c.Words) != n || len(c.Nameplate) != 9 {
			t.Fatalf("New(%d): %v, %v", n, c, err)
		}
		again, err := Parse(c.String())
		if err != nil || again.String() != c.String() || again.CheckStrength() != nil {
			t.Errorf("%v parses as %v, %v; strength %v", c, again, err, again.CheckStrength())
		}
		seen[c.Nameplate], seen[c.Secret()] = true, true
	}
	if len(seen) != 2*(MaxWords-DefaultWords+1) {
		t.Errorf("only %d different nameplates and secrets", len(seen))
	}
	if c, err := New(MaxWords + 1); err == nil {
		t.Errorf("New(%d): %v", MaxWords+1, c)
	}
}

func TestDeriveRefuses(t *testing.T) {
	secret := strings.Repeat("s", MinSecret)
	for _, c := range []struct {
		secret string
		words  int
	}{{secret[1:], 3}, {"", 3}, {secret, 1}, {secret, 9}} {
		if got, err := Derive(c.secret, "label", c.words); err == nil {
			t.Errorf("Derive(%q, %d): %v", c.secret, c.words, got)
		}
	}
}

// Numbers at the end of the range, which would make the small ones more likely, are
// passed over, and a stream that ends is an error.
func TestDrawsAreEven(t *testing.T) {
	d := draws{[]byte{0xff, 0xff, 0xff, 0xff, 0xd6, 0x93, 0xa4, 0x00, 0xd6, 0x93, 0xa3, 0xff, 0, 0, 0, 7, 1}}
	for _, want := range []uint32{899_999_999, 7} {
		if got, err := d.below(900_000_000); err != nil || got != want {
			t.Errorf("%d, %v; want %d", got, err, want)
		}
	}
	if got, err := d.below(900_000_000); err == nil {
		t.Errorf("%d of a stream that has ended", got)
	}
}

func TestStrength(t *testing.T) {
	for typed, strong := range map[string]bool{
		"7-acid-acorn-acre":             true,
		"7-acid-acorn-acre-zoom-abacus": true,
		"7-acid-acorn":                  false,
		"7-acid-acorn-acid":             false,
		"7-acid-acid-acid":              false,
		"7-acid-acorn-acre-acorn":       false,
	} {
		c, err := Parse(typed)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.CheckStrength(); (err == nil) != strong || err != nil && !errors.Is(err, ErrWeak) {
			t.Errorf("%s: %v, want strong: %v", typed, err, strong)
		}
	}
}
