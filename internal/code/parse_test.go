package code

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var example = []string{"acid", "acorn", "acre"}

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, relay, printed string }{
		{"7-acid-acorn-acre", "", "7-acid-acorn-acre"},
		{"7-ACID-Acorn-aCre", "", "7-acid-acorn-acre"},
		{"  7-acid-acorn-acre\r\n", "", "7-acid-acorn-acre"},
		{`"7-acid-acorn-acre"`, "", "7-acid-acorn-acre"},
		{"“7-acid-acorn-acre”", "", "7-acid-acorn-acre"},
		{" `7-acid-acorn-acre` ", "", "7-acid-acorn-acre"},
		{"7 acid acorn acre", "", "7-acid-acorn-acre"},
		{"7_acid_acorn_acre", "", "7-acid-acorn-acre"},
		{"7.acid.acorn.acre.", "", "7-acid-acorn-acre"},
		{"7, acid, acorn, acre", "", "7-acid-acorn-acre"},
		{"7 - acid -- acorn - acre", "", "7-acid-acorn-acre"},
		{"7\u2013acid\u2014acorn\u2212acre", "", "7-acid-acorn-acre"},
		{"7\u00a0acid\u2011acorn\u2010acre", "", "7-acid-acorn-acre"},
		{"7-acid-acor-acre", "", "7-acid-acorn-acre"},
		{"7-aci-acor-acre", "", "7-acid-acorn-acre"},

		{"7-acid-acorn-acre@relay.example", "relay.example", "7-acid-acorn-acre@relay.example"},
		{"7-acid-acorn-acre @ Relay.Example ", "relay.example", "7-acid-acorn-acre@relay.example"},
		{"'7 acid acor acre@relay.example:8080'", "relay.example:8080", "7-acid-acorn-acre@relay.example:8080"},
		{"7-acid-acorn-acre@127.0.0.1:080", "127.0.0.1:80", "7-acid-acorn-acre@127.0.0.1:80"},
		{"7-acid-acorn-acre@[FE80::1%eth0]:8080", "[fe80::1%eth0]:8080", "7-acid-acorn-acre@[fe80::1%eth0]:8080"},
		{"7-acid-acorn-acre@[::1]", "[::1]", "7-acid-acorn-acre@[::1]"},

		{"https://relay.example/#7-acid-acorn-acre", "https://relay.example/", "https://relay.example/#7-acid-acorn-acre"},
		{"https://relay.example#7 acid acor acre", "https://relay.example", "https://relay.example#7-acid-acorn-acre"},
		{"WSS://Relay.Example:443/a/b#7-acid-acorn-acre", "wss://relay.example:443/a/b", "wss://relay.example:443/a/b#7-acid-acorn-acre"},
		{"ws://127.0.0.1:8080/#7-acid-acorn-acre", "ws://127.0.0.1:8080/", "ws://127.0.0.1:8080/#7-acid-acorn-acre"},
		{"http://[::1]:80/@x/#7-acid-acorn-acre", "http://[::1]:80/@x/", "http://[::1]:80/@x/#7-acid-acorn-acre"},
		{"ws://[fe80::1%25eth0]:80#7-acid-acorn-acre", "ws://[fe80::1%25eth0]:80", "ws://[fe80::1%25eth0]:80#7-acid-acorn-acre"},
		{"7-acid-acorn-acre@ws://relay.example:8080", "ws://relay.example:8080", "ws://relay.example:8080#7-acid-acorn-acre"},
	} {
		got, err := Parse(c.in)
		want := Code{Nameplate: "7", Words: example, Relay: c.relay}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Parse(%q): %+v, %v; want %+v", c.in, got, err, want)
			continue
		}
		if got.String() != c.printed || got.Secret() != "acid-acorn-acre" {
			t.Errorf("Parse(%q) prints %q, secret %q; want %q", c.in, got, got.Secret(), c.printed)
		}
	}
}

func TestParseOtherCodes(t *testing.T) {
	for in, want := range map[string]Code{
		"123456789-acid-acre":                 {Nameplate: "123456789", Words: []string{"acid", "acre"}},
		"10-acid-acid":                        {Nameplate: "10", Words: []string{"acid", "acid"}},
		"1" + strings.Repeat("-aardvark", 16): {Nameplate: "1", Words: slices.Repeat([]string{"aardvark"}, 16)},
	} {
		if got, err := Parse(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Parse(%q): %+v, %v; want %+v", in, got, err, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]error{
		"":                                       ErrEmpty,
		" \n ":                                   ErrEmpty,
		`""`:                                     ErrEmpty,
		"---":                                    ErrEmpty,
		"@relay.example":                         ErrEmpty,
		"https://relay.example/":                 ErrEmpty,
		"https://relay.example/#":                ErrEmpty,
		"acid-acorn-acre":                        ErrNameplate,
		"7acid-acorn-acre":                       ErrNameplate,
		"0-acid-acorn-acre":                      ErrNameplate,
		"07-acid-acorn-acre":                     ErrNameplate,
		"1234567890-acid-acorn-acre":             ErrNameplate,
		"٧-acid-acorn-acre":                      ErrNameplate,
		"7":                                      ErrFewWords,
		"7-acid":                                 ErrFewWords,
		"7" + strings.Repeat("-acid", 17):        ErrManyWords,
		"7-acid\x00-acorn-acre":                  ErrCharacter,
		"7-acid\x1b[31m-acorn-acre":              ErrCharacter,
		"7-acid\t-acorn-acre":                    ErrCharacter,
		"7-acid-\u202eacorn-acre":                ErrCharacter,
		"7-acid-aco\u200brn-acre":                ErrCharacter,
		"7-acid-acorn-acre\xff":                  ErrCharacter,
		strings.Repeat("a", MaxLength+1):         ErrTooLong,
		"7-" + strings.Repeat(" ", MaxLength):    ErrTooLong,
		"7-acid-acorn-acre@":                     ErrRelay,
		"7-acid-acorn-acre@relay.example:":       ErrRelay,
		"7-acid-acorn-acre@relay.example:0":      ErrRelay,
		"7-acid-acorn-acre@relay.example:65536":  ErrRelay,
		"7-acid-acorn-acre@relay.example:+1":     ErrRelay,
		"7-acid-acorn-acre@relay.example/path":   ErrRelay,
		"7-acid-acorn-acre@relay@example":        ErrRelay,
		"7-acid-acorn-acre@relay example":        ErrRelay,
		"7-acid-acorn-acre@-relay":               ErrRelay,
		"7-acid-acorn-acre@réseau.example":       ErrRelay,
		"7-acid-acorn-acre@::1":                  ErrRelay,
		"7-acid-acorn-acre@[::1":                 ErrRelay,
		"7-acid-acorn-acre@[127.0.0.1]":          ErrRelay,
		"7-acid-acorn-acre@[fe80::1%a;b]":        ErrRelay,
		"7-acid-acorn-acre@[]":                   ErrRelay,
		"ftp://relay.example/#7-acid-acorn-acre": ErrRelay,
		"https://#7-acid-acorn-acre":             ErrRelay,
		"https://:80/#7-acid-acorn-acre":         ErrRelay,
		"https://me:pw@relay/#7-acid-acorn-acre": ErrRelay,
		"https://relay/?a=b#7-acid-acorn-acre":   ErrRelay,
		"https://relay/?#7-acid-acorn-acre":      ErrRelay,
		"7-acid-acorn-acre@https://relay/#7":     ErrRelay,
		"https://relay/" + strings.Repeat("p", 300) + "#7-acid-acorn-acre": ErrRelay,
	} {
		if got, err := Parse(in); !errors.Is(err, want) || !reflect.ValueOf(got).IsZero() {
			t.Errorf("Parse(%q): %+v, %v; want %v", in, got, err, want)
		}
	}
}

func TestParseWordErrors(t *testing.T) {
	for _, c := range []struct {
		in   string
		want WordError
		text string
	}{
		{
			"7-acid-acron-acre",
			WordError{Word: "acron", Nearest: []string{"acorn", "apron", "iron"}},
			`"acron" is not a word of a code`,
		},
		{
			"7-ACCID-acorn-acre",
			WordError{Word: "accid", Nearest: []string{"acid", "amid", "avid"}},
			`"accid" is not a word of a code`,
		},
		{
			"7-acid-zirconum",
			WordError{Word: "zirconum", Nearest: []string{"zirconium"}},
			`"zirconum" is not a word of a code`,
		},
		{
			"7-ac-acorn-acre",
			WordError{Word: "ac", Nearest: []string{"academy", "accountant", "acetone"}, Ambiguous: true},
			`"ac" is the beginning of more than one word`,
		},
		{
			"7-acid-acorn-xqzzt",
			WordError{Word: "xqzzt"},
			`"xqzzt" is not a word of a code`,
		},
		{
			"7-acid-acorn-" + strings.Repeat("x", 100),
			WordError{Word: strings.Repeat("x", 32) + "…"},
			`"` + strings.Repeat("x", 32) + `…" is not a word of a code`,
		},
		{
			"7-acid-yo-yo",
			WordError{Word: "yo", Nearest: []string{"yodel", "yogurt"}, Ambiguous: true},
			`"yo" is the beginning of more than one word`,
		},
	} {
		_, err := Parse(c.in)
		got, ok := errors.AsType[*WordError](err)
		if !ok || !reflect.DeepEqual(*got, c.want) {
			t.Errorf("Parse(%q): %+v, want %+v", c.in, got, c.want)
			continue
		}
		if got.Error() != c.text {
			t.Errorf("Parse(%q): %q, want %q", c.in, got, c.text)
		}
	}
}

// What Parse takes, it takes again as it prints it, and nothing else.
func FuzzParse(f *testing.F) {
	seeds := []string{
		"7-acid-acorn-acre", "123456789 acid_acor.acre@relay.example:8080", "“7–acid—acorn−acre”",
		"https://relay.example/a%20b#7-acid-acorn-acre", "7-acid-acre@[fe80::1%eth0]:1", "7-acid-acron-acre",
		"ws://[fe80::1%25eth0]:80/@#7-acid-acorn-acre", "7-acid-acre@WSS://h//x", "7-acid-acorn-acre\x1b",
	}
	valid := 0
	for _, s := range seeds {
		f.Add(s)
		if _, err := Parse(s); err == nil {
			valid++
		}
	}
	if valid < 5 {
		f.Fatalf("only %d seeds are codes", valid)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Parse(s)
		if err != nil {
			if strings.ContainsFunc(err.Error(), invisible) {
				t.Errorf("Parse(%q): the error would garble a terminal: %q", s, err)
			}
			return
		}
		again, err := Parse(c.String())
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("Parse(%q) prints %q, which is %+v, %v", s, c, again, err)
		}
		if again.String() != c.String() {
			t.Errorf("Parse(%q): %q, then %q", s, c, again)
		}
		for _, w := range c.Words {
			if _, err := words().resolve(w); err != nil {
				t.Errorf("Parse(%q): %v", s, err)
			}
		}
	})
}
