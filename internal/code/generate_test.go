package code

import (
	"errors"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestGenerate(t *testing.T) {
	for n := MinWords; n <= MaxWords; n++ {
		drawn, err := Generate(n)
		if err != nil || len(drawn) != n {
			t.Fatalf("Generate(%d): %q, %v", n, drawn, err)
		}
		for _, w := range drawn {
			if _, ok := slices.BinarySearch(words().short, w); !ok {
				t.Errorf("%q is not on the short list", w)
			}
		}
		c := Code{Nameplate: "7", Words: drawn}
		if again, err := Parse(c.String()); err != nil || !slices.Equal(again.Words, drawn) {
			t.Errorf("%v parses as %v, %v", c, again, err)
		}
	}
	for _, n := range []int{-1, 0, 1, 9, 1 << 30} {
		if drawn, err := Generate(n); err == nil {
			t.Errorf("Generate(%d): %q", n, drawn)
		}
	}
	a, _ := Generate(MaxWords)
	b, _ := Generate(MaxWords)
	if slices.Equal(a, b) {
		t.Errorf("%q twice", a)
	}
}

func TestGenerateFailsWithItsRandomness(t *testing.T) {
	broken := errors.New("no entropy")
	if drawn, err := generate(3, iotest.ErrReader(broken)); !errors.Is(err, broken) || drawn != nil {
		t.Errorf("%q, %v", drawn, err)
	}
}

// Chi-square over all words: 1294 degrees of freedom, so mean 1294 and standard
// deviation 51.
func TestGenerateIsEven(t *testing.T) {
	const draws = 6000
	random := mathrand.NewChaCha8([32]byte{1})
	counts := map[string]float64{}
	for range draws {
		drawn, err := generate(MaxWords, random)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range drawn {
			counts[w]++
		}
	}
	expected := float64(draws*MaxWords) / float64(len(words().short))
	chi := 0.0
	for _, w := range words().short {
		chi += (counts[w] - expected) * (counts[w] - expected) / expected
	}
	if len(counts) != len(words().short) || chi < 1000 || chi > 1600 {
		t.Errorf("%d words, chi-square %.0f", len(counts), chi)
	}
}

func TestVerifyWords(t *testing.T) {
	short := words().short
	for _, c := range []struct {
		in   []byte
		want []string
	}{
		{nil, nil},
		{[]byte{1}, nil},
		{[]byte{0, 0, 0, 1, 0x03, 0xff, 0x04, 0x00}, []string{"aardvark", "abandoned", short[1023], "aardvark"}},
		{[]byte{0xfc, 0x02, 0x55}, []string{"abbreviate"}},
	} {
		if got := VerifyWords(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%x: %q, want %q", c.in, got, c.want)
		}
	}
	seen := map[string]bool{}
	for i := range 1 << 16 {
		seen[strings.Join(VerifyWords([]byte{byte(i >> 8), byte(i)}), "")] = true
	}
	if len(seen) != 1024 {
		t.Errorf("%d different words, want 1024", len(seen))
	}
}
