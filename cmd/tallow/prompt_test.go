package main

import (
	"strings"
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
		if got, _ := completeCode(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	for typed, want := range map[string]string{
		"7-acid-aco":      "",
		"7-acid-ach":      "",
		"7-acid-wa":       "waffle  wagon  wakeup  walrus  wanderer  wasp  water  waving",
		"7 acid.ye":       "yearbook  yesterday",
		"7-acid-aci":      "",
		"7-xqz":           "",
		"7-acid@relay.ex": "",
	} {
		if _, choices := completeCode(typed); choicesText(choices) != want {
			t.Errorf("%q: %q, want %q", typed, choicesText(choices), want)
		}
	}
	_, choices := completeCode("7-c")
	if got := choicesText(choices); strings.Count(got, "  ") != shownChoices || !strings.HasSuffix(got, " more") {
		t.Errorf("%q", got)
	}
}
