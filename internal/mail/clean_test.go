package mail_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tallow-transfer/tallow/internal/mail"
)

func TestCleanText(t *testing.T) {
	for text, want := range map[string]string{
		"See you tomorrow.\r\nAnn":                   "See you tomorrow.\nAnn",
		"a\n\n\n\nb\n":                               "a\n\nb",
		"3.5 GB, at 10:30; it is v2 (the last one).": "3.5 GB, at 10:30; it is v2 (the last one).",
		"wait... what?":                              "wait... what?",
		"\x1b[31mred\x00\u202eevil\u200b\ufeff":      "[31mredevil",
		"look at https://evil.example/x now":         "look at [link removed] now",
		"(HTTP://EVIL.example)":                      "[link removed]",
		"//evil.example/x":                           "[link removed]",
		"www.evil":                                   "[link removed]",
		"javascript:alert(1)":                        "[link removed]",
		"mailto:a@evil.example":                      "[link removed]",
		"evil.example":                               "evil. example",
		"evil。example evil．example":                  "evil。 example evil. example",
		"a@evil.example":                             "a at evil. example",
		"report.pdf":                                 "report. pdf",
		"192.0.2.1/x":                                "192. 0. 2. 1/x",
		"skype:echo?call":                            "skype: echo?call",
		"e\u0301vil.xn--p1ai":                        "\u00e9vil. xn--p1ai",
		"bad \xff utf8":                              "bad utf8",
	} {
		if got := mail.CleanText(text, 1000); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if got := mail.CleanLine("a\nb  c\td\r\nBcc: x", 100); got != "a b c d Bcc: x" {
		t.Errorf("the line is %q", got)
	}
	for limit := range 12 {
		if got := mail.CleanText("äöü.äöü", limit); len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("%d bytes at most: %q", limit, got)
		}
	}
}

// linkable finds what programs make links of: a scheme, or letters, a dot, and letters.
func linkable() *regexp.Regexp {
	return regexp.MustCompile(`(?i)[a-z]:/|//|[\pL\pN\pM]\.[\pL\pM-]|@|\bwww\.|mailto:|javascript:`)
}

// Nothing that is left can be followed, also after the characters are changed into their
// usual forms, or moves the cursor; and cleaning it again changes nothing that matters.
func FuzzCleanText(f *testing.F) {
	for _, text := range []string{"see https://evil.example", "evil。example", "a\u202eb", "http:/\u200b/x.y", "ｗｗｗ．evil．example", "a﹒b", "ａ：／／ｂ", "1.2.3.4", "a:\nb", "w.w.w"} {
		f.Add(text, 100)
	}
	links := linkable() // NFKC again, since what was removed may have kept two characters apart
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = max(0, min(limit, 5000))
		got := mail.CleanText(text, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Fatalf("%q is %q, %d bytes at most", text, got, limit)
		}
		if found := links.FindString(norm.NFKC.String(got)); found != "" {
			t.Errorf("%q is %q, which has the link %q", text, got, found)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }) {
			t.Errorf("%q is %q", text, got)
		}
		if line := mail.CleanLine(text, limit); strings.ContainsAny(line, "\r\n") || len(line) > limit {
			t.Errorf("%q is the line %q", text, line)
		}
	})
}
