package code

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseWords(t *testing.T) {
	for _, typed := range []string{
		"acid-acoustics-acrobat", "ACID Acoustics acrobat", " acid,  acoustics.acrobat\r\n", "“acid–acoustics—acrobat”", "acid_acou_acrobat", "aci-aco-acr",
	} {
		if got, err := ParseWords(typed, 3); err != nil || !slices.Equal(got, []string{"acid", "acoustics", "acrobat"}) {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for typed, want := range map[string]error{
		"": ErrEmpty, " - ": ErrEmpty, "acid acrobat": ErrFewWords, "acid acrobat acid acid": ErrManyWords,
		"acid\u200bacid acid": ErrCharacter, "acid \xff acid": ErrCharacter, strings.Repeat("a", MaxLength+1): ErrTooLong,
	} {
		if got, err := ParseWords(typed, 3); !errors.Is(err, want) {
			t.Errorf("%q: %q, %v; want %v", typed, got, err, want)
		}
	}
	// A word of the long list is drawn by nobody.
	var wrong *WordError
	if got, err := ParseWords("acid acorn acid", 3); !errors.As(err, &wrong) || wrong.Word != "acorn" {
		t.Errorf("%q, %v", got, err)
	}
	// Every word of the list can be typed.
	for _, w := range words().short {
		if got, err := ParseWords(strings.ToUpper(w), 1); err != nil || got[0] != w {
			t.Errorf("%s: %q, %v", w, got, err)
		}
	}
}

// What parses is words of the short list, and parses as itself.
func FuzzParseWords(f *testing.F) {
	for _, s := range []string{"acid-acoustics-acrobat", "ACID Acid acid", "“acid–aco—acr”", "acid acorn", "\xff", "a\u200bb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for n := 1; n < 4; n++ {
			got, err := ParseWords(typed, n)
			if err != nil {
				continue
			}
			again, err := ParseWords(strings.Join(got, "-"), n)
			if err != nil || !slices.Equal(got, again) || len(got) != n {
				t.Errorf("%q: %q becomes %q, %v", typed, got, again, err)
			}
			for _, w := range got {
				if _, ok := slices.BinarySearch(words().short, w); !ok {
					t.Errorf("%q: %q is drawn by nobody", typed, w)
				}
			}
		}
	})
}
