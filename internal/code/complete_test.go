package code

import (
	"slices"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	for typed, want := range map[string][]string{
		"7-aci":                        {"7-acid"},
		"7-acid-acor":                  {"7-acid-acorn"}, // of the long list, as the short has none
		"7-acid-aco":                   {"7-acid-acoustics"},
		"7-acid-AQ":                    {"7-acid-aquamarine"},
		"7 acid ye":                    {"7 acid yearbook", "7 acid yesterday"},
		"https://relay.example/#7-aci": {"https://relay.example/#7-acid"},
		"7-acid":                       {"7-acid"},
		"":                             nil,
		"7":                            nil,
		"7-":                           nil,
		"7-acid-":                      nil,
		"acid-aco":                     nil,
		"07-aci":                       nil,
		"7-xqz":                        nil,
		"7-acid-acre@relay.ex":         nil,
		"https://relay.exa":            nil,
		"7-" + strings.Repeat(" ", MaxLength) + "a": nil,
	} {
		if got := Complete(typed); !slices.Equal(got, want) {
			t.Errorf("Complete(%q): %q, want %q", typed, got, want)
		}
	}
}

// What is offered belongs to the caller, and does not change the lists.
func TestCompleteIsTheCallers(t *testing.T) {
	clear(Complete("7-a"))
	if got := Complete("7-aci"); !slices.Equal(got, []string{"7-acid"}) {
		t.Errorf("%q", got)
	}
}

// Each candidate goes on from what was typed, and can be completed no further.
func FuzzComplete(f *testing.F) {
	for _, s := range []string{"7-aci", "7 acid\u2013Y", "https://h/#9.z", "7-acid-acre@h", "\xff-a", "1\u2014\xe2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, candidate := range Complete(typed) {
			if !strings.HasPrefix(strings.ToLower(candidate), strings.ToLower(typed)) {
				t.Errorf("%q for %q", candidate, typed)
			}
			if !slices.Contains(Complete(candidate), candidate) {
				t.Errorf("%q, offered for %q, is not offered for itself", candidate, typed)
			}
		}
	})
}
