package mail_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
)

// parts are those of a mail, as net/mail and mime/multipart see them.
type parts struct {
	header     netmail.Header
	text, html string
}

// parse parses a mail with the standard library.
func parse(t *testing.T, raw []byte) parts {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("it is %q, %v", kind, err)
	}
	p := parts{header: m.Header}
	reader := multipart.NewReader(m.Body, params["boundary"])
	for i, want := range []string{"text/plain", "text/html"} {
		part, err := reader.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil || kind != want || params["charset"] != "UTF-8" {
			t.Errorf("part %d is %q %v, %v; want %s", i, kind, params, err, want)
		}
		body := io.Reader(part)
		switch part.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			body = quotedprintable.NewReader(part)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			p.text = string(b)
		} else {
			p.html = string(b)
		}
	}
	if _, err := reader.NextRawPart(); err != io.EOF {
		t.Errorf("behind the last part: %v", err)
	}
	return p
}

func testDate() time.Time { return time.Date(2026, 11, 27, 9, 5, 0, 0, time.UTC) }

func testFrom() mail.Mailbox { return mail.Mailbox{Name: "Tallow", Address: "relay@relay.example"} }

func description() mail.Description {
	return mail.Description{
		Link: "https://relay.example/d/31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5", Who: "Jörg", What: "Holiday 2026", Size: 1_234_567_890,
		Note: "Have fun!\nUntil <soon>", Expires: testDate().Add(24 * time.Hour), Downloads: 1,
	}
}

func compose(t *testing.T, d mail.Description) (mail.Message, []byte) {
	t.Helper()
	m, err := mail.Compose("key", testFrom(), "ann@example.org", testDate(), d)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return m, b.Bytes()
}

func TestCompose(t *testing.T) {
	m, raw := compose(t, description())
	p := parse(t, raw)
	subject, err := new(mime.WordDecoder).DecodeHeader(p.header.Get("Subject"))
	if err != nil || subject != "Jörg sends you files" {
		t.Errorf("the subject is %q, %v", subject, err)
	}
	from, err := p.header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != "Tallow" || from[0].Address != "relay@relay.example" {
		t.Errorf("it is from %v, %v", from, err)
	}
	to, err := p.header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "ann@example.org" {
		t.Errorf("it is to %v, %v", to, err)
	}
	if date, err := p.header.Date(); err != nil || !date.Equal(testDate()) {
		t.Errorf("its date is %v, %v", date, err)
	}
	if id := p.header.Get("Message-Id"); !regexp.MustCompile(`^<[0-9a-f]{32}@relay\.example>$`).MatchString(id) {
		t.Errorf("its Message-ID is %q", id)
	}
	if got := p.header.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("Auto-Submitted is %q", got)
	}
	known := map[string]bool{"From": true, "To": true, "Subject": true, "Date": true, "Message-Id": true, "Auto-Submitted": true, "Mime-Version": true, "Content-Type": true}
	for name := range p.header {
		if !known[name] {
			t.Errorf("there is a header %s: %q", name, p.header[name])
		}
	}
	wantText := `Jörg sends you Holiday 2026 (1.2 GB).

Open this page to get them:

    https://relay.example/d/31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5

The files are there until Saturday, 28 November 2026, 09:05 UTC,
and can be fetched once. They are encrypted from end to end: who keeps
them cannot read them.

Jörg writes:

    Have fun!
    Until <soon>

If you do not know the sender, or expect nothing, leave the link alone.
`
	if got := strings.ReplaceAll(p.text, "\r\n", "\n"); got != wantText || m.Text != wantText {
		t.Errorf("the text is\n%s\nwant\n%s", got, wantText)
	}
	for _, want := range []string{`<b>Holiday 2026</b> (1.2 GB)`, `Have fun!<br>Until &lt;soon&gt;`, `<a href="https://relay.example/d/31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5">`} {
		if !strings.Contains(p.html, want) {
			t.Errorf("the HTML has no %q:\n%s", want, p.html)
		}
	}
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
}

// Whatever people write, the mail loads nothing, and has one link: that to the page.
func TestComposeHasOneLink(t *testing.T) {
	d := description()
	d.Who = "Eve\r\nBcc: all@evil.example"
	d.What = `<img src="https://evil.example/x.png">`
	d.Note = `<script src="//evil.example"></script> <a href='https://evil.example'>click</a> evil.example` + "\n</blockquote><style>@import 'x'</style>"
	_, raw := compose(t, d)
	p := parse(t, raw)
	if len(p.header["Bcc"]) != 0 || len(p.header["Subject"]) != 1 {
		t.Errorf("the header is %v", p.header)
	}
	for name, body := range map[string]string{"text": p.text, "html": p.html} {
		if strings.Contains(body, "://evil") || strings.Contains(body, "evil.example") {
			t.Errorf("the %s has a link:\n%s", name, body)
		}
	}
	if n := strings.Count(p.html, "href="); n != 1 {
		t.Errorf("there are %d links:\n%s", n, p.html)
	}
	for _, never := range []string{"<img", "<script", "<link", "<iframe", "url(", "src=", "<a href='", "@import"} {
		if strings.Contains(p.html, never) {
			t.Errorf("there is %s:\n%s", never, p.html)
		}
	}
}

func TestComposeSays(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*mail.Description)
		want   string
		never  string
	}{
		"words":           {func(d *mail.Description) { d.Words = true }, "It asks for words", "password"},
		"a password":      {func(d *mail.Description) { d.Password = true }, "It asks for a password", "words"},
		"nothing special": {func(*mail.Description) {}, "fetched once", "words"},
		"three times":     {func(d *mail.Description) { d.Downloads = 3 }, "fetched 3 times", "once"},
		"any number":      {func(d *mail.Description) { d.Downloads = 0 }, "09:05 UTC. They", "fetched"},
		"nobody's name":   {func(d *mail.Description) { d.Who = "" }, "Somebody sends you Holiday", "Jörg"},
		"no name of it":   {func(d *mail.Description) { d.What = "" }, "sends you files (1.2 GB)", "Holiday"},
		"no size":         {func(d *mail.Description) { d.Size = 0 }, "Holiday 2026.", "GB"},
		"bytes":           {func(d *mail.Description) { d.Size = 7 }, "(7 bytes)", "GB"},
		"rounded up":      {func(d *mail.Description) { d.Size = 999_999 }, "(1.0 MB)", "kB"},
		"no note":         {func(d *mail.Description) { d.Note = "" }, "fetched once", "writes"},
	} {
		t.Run(name, func(t *testing.T) {
			d := description()
			tc.change(&d)
			m, _ := compose(t, d)
			plain := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m.HTML, "")
			for _, body := range []string{m.Text, plain} {
				if !strings.Contains(body, tc.want) || strings.Contains(body, tc.never) {
					t.Errorf("want %q and not %q:\n%s", tc.want, tc.never, body)
				}
			}
		})
	}
}

// The same mail has the same name, whenever it is written; another one has another.
func TestMessageID(t *testing.T) {
	_, first := compose(t, description())
	_, second := compose(t, description())
	m, err := mail.Compose("other", testFrom(), "ann@example.org", testDate(), description())
	if err != nil {
		t.Fatal(err)
	}
	var other bytes.Buffer
	if _, err := m.WriteTo(&other); err != nil {
		t.Fatal(err)
	}
	id := func(raw []byte) string { return parse(t, raw).header.Get("Message-Id") }
	if id(first) != id(second) || id(first) == id(other.Bytes()) {
		t.Errorf("the Message-IDs are %q, %q and %q", id(first), id(second), id(other.Bytes()))
	}
}
