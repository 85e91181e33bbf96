package mail_test

import (
	"errors"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/mail"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"name@example.org":                 "name@example.org",
		"first.last+tag@sub.example.org":   "first.last+tag@sub.example.org",
		"name@EXAMPLE.org":                 "name@example.org",
		"Name@example.org":                 "Name@example.org",
		"name@bücher.example":              "name@xn--bcher-kva.example",
		"name@xn--bcher-kva.example":       "name@xn--bcher-kva.example",
		"!#$%&'*+-/=?^_`{|}~@example.org":  "!#$%&'*+-/=?^_`{|}~@example.org",
		strings.Repeat("a", 64) + "@a.org": strings.Repeat("a", 64) + "@a.org",
	} {
		if got, err := mail.ParseAddress(text); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "@", "name", "name@", "@example.org", "name@localhost", "name@example.", "name@.org", "name@example..org",
		"a@b@example.org", "a,b@example.org", "a@example.org,b@example.org", "a@example.org b@example.org", " a@example.org", "a@example.org ",
		"a@example.org\r\nBcc: b@example.org", "a@example.org\n", "a\r\nb@example.org", "a\x00@example.org", "a\t@example.org",
		"Ann <a@example.org>", "<a@example.org>", `"a b"@example.org`, "a(comment)@example.org", "a@[127.0.0.1]", "a@127.0.0.1",
		".a@example.org", "a.@example.org", "a..b@example.org", "ä@example.org", "a@-example.org", "a@example-.org", "a@exa_mple.org",
		strings.Repeat("a", 65) + "@example.org", "a@" + strings.Repeat("a", 64) + ".org",
		"a@" + strings.Repeat(strings.Repeat("a", 60)+".", 5) + "org",
	} {
		if got, err := mail.ParseAddress(text); !errors.Is(err, mail.ErrAddress) {
			t.Errorf("%q is %q, %v; want ErrAddress", text, got, err)
		}
	}
}

func TestParseMailbox(t *testing.T) {
	for text, want := range map[string]mail.Mailbox{
		"a@example.org":              {Address: "a@example.org"},
		"<a@example.org>":            {Address: "a@example.org"},
		"Ann Lee <a@example.org>":    {Name: "Ann Lee", Address: "a@example.org"},
		`"Lee, Ann" <a@example.org>`: {Name: "Lee, Ann", Address: "a@example.org"},
		"Jörg <a@example.org>":       {Name: "Jörg", Address: "a@example.org"},
	} {
		got, err := mail.ParseMailbox(text)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
		if again, err := mail.ParseMailbox(got.String()); err != nil || again != want {
			t.Errorf("%q is %+v, %v; want %+v", got.String(), again, err, want)
		}
	}
	for _, text := range []string{
		"", "Ann", "Ann <a>", "Ann <a@b.org>, Bob <b@b.org>", "http://evil.example <a@b.org>", "Ann\n <a@b.org>\nBcc: <c@b.org>",
		strings.Repeat("a", 65) + " <a@b.org>",
	} {
		if got, err := mail.ParseMailbox(text); !errors.Is(err, mail.ErrAddress) {
			t.Errorf("%q is %+v, %v; want ErrAddress", text, got, err)
		}
	}
}

// What is an address here is one to net/mail as well, without anything beside it, and
// stays the same when it is parsed again.
func FuzzParseAddress(f *testing.F) {
	for _, text := range []string{"name@example.org", "name@bücher.example", "a@b\r\nBcc: c@d.org", `"a"@b.org`, "a@[::1]", "a@b.org,c@d.org"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := mail.ParseAddress(text)
		if err != nil {
			return
		}
		parsed, err := netmail.ParseAddress(got)
		if err != nil || parsed.Name != "" || parsed.Address != got {
			t.Errorf("%q is %q, and to net/mail %+v, %v", text, got, parsed, err)
		}
		if strings.ContainsAny(got, "\r\n\x00 <>,;:\"()") || strings.Count(got, "@") != 1 || len(got) > mail.MaxAddress {
			t.Errorf("%q is %q", text, got)
		}
		if again, err := mail.ParseAddress(got); err != nil || again != got {
			t.Errorf("%q is %q, and that is %q, %v", text, got, again, err)
		}
	})
}
