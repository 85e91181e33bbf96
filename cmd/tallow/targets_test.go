package main

import (
	"slices"
	"testing"
)

func TestTargets(t *testing.T) {
	for name, tc := range map[string]struct {
		given   []string // each a --to
		want    []string
		several bool
		wrong   bool
	}{
		"one":                    {[]string{"laptop"}, []string{"laptop"}, false, false},
		"one, twice":             {[]string{"laptop,laptop"}, []string{"laptop"}, false, false},
		"one, in two flags":      {[]string{"laptop", "laptop"}, []string{"laptop"}, false, false},
		"two":                    {[]string{"phone,laptop"}, []string{"phone", "laptop"}, true, false},
		"two, in two flags":      {[]string{"phone", "laptop"}, []string{"phone", "laptop"}, true, false},
		"with spaces":            {[]string{"phone, laptop ,@work"}, []string{"phone", "laptop", "@work"}, true, false},
		"a group":                {[]string{"@work"}, []string{"@work"}, true, false},
		"a group and a device":   {[]string{"@work,work"}, []string{"@work", "work"}, true, false},
		"of one name, each once": {[]string{"@work,phone", "phone,@work"}, []string{"@work", "phone"}, true, false},
		"all kinds of names":     {[]string{"a.b-c_D9"}, []string{"a.b-c_D9"}, false, false},
		"none":                   {[]string{""}, []string{""}, false, true},
		"a space":                {[]string{" "}, []string{""}, false, true},
		"none after a comma":     {[]string{"phone,"}, []string{"phone", ""}, true, true},
		"none before a comma":    {[]string{",phone"}, []string{"", "phone"}, true, true},
		"a group without a name": {[]string{"phone,@"}, []string{"phone", "@"}, true, true},
	} {
		var got targets
		for _, text := range tc.given {
			if err := got.Set(text); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !slices.Equal(got, tc.want) || got.several() != tc.several || (got.check() != nil) != tc.wrong {
			t.Errorf("%s: %q, several %v, %v", name, got, got.several(), got.check())
		}
	}
	if none := targets(nil); none.several() || none.check() != nil {
		t.Error("without --to there is something wrong with it")
	}
}
