package main

import (
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func TestReadConflict(t *testing.T) {
	for _, tc := range []struct {
		line   string
		choice tallow.Conflict
		all    bool
	}{
		{"r\n", tallow.ConflictRename, false},
		{" Skip \n", tallow.ConflictSkip, false},
		{"o ALL", tallow.ConflictOverwrite, true},
		{"rename all", tallow.ConflictRename, true},
		{"", "", false},
		{"all", "", false},
		{"x", "", false},
		{"over", "", false},
		{"fail", "", false},
		{"r s", "", false},
		{"r all all", "", false},
	} {
		choice, all := readConflict(tc.line)
		if choice != tc.choice || all != tc.all {
			t.Errorf("%q: %q, %v", tc.line, choice, all)
		}
	}
}

func TestCompleteCode(t *testing.T) {
	for typed, want := range map[string]string{
		"":                "",
		"7":               "7",
		"7-":              "7-",
		"7-aci":           "7-acid-",
		"7-acid-acor":     "7-acid-acorn-",
		"7-acid-ac":       "7-acid-ac", // acid, acoustics
		"7-acid-ye":       "7-acid-ye", // yearbook, yesterday
		"7-xqz":           "7-xqz",
		"7-acid@relay.ex": "7-acid@relay.ex",
	} {
		if got := completeCode(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
