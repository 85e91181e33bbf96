package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	netmail "net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Message is a mail.
type Message struct {
	// Key names the mail: to send the same message again, after an error, gives it the
	// same Message-ID, and the same Idempotency-Key of Resend. It is random, and not
	// sent.
	Key     string
	From    Mailbox
	To      string // an address
	Subject string
	Text    string
	HTML    string
	Date    time.Time
}

// name returns what is sent of the key.
func (m Message) name() string {
	sum := sha256.Sum256([]byte("tallow mail " + m.Key))
	return hex.EncodeToString(sum[:16])
}

// WriteTo writes the message as it goes over the wire: a multipart/alternative of text
// and HTML, both quoted-printable (RFC 2045, 5322), said to come from a program (RFC
// 3834).
func (m Message) WriteTo(w io.Writer) (int64, error) {
	b := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	b.FromMailAddress(&netmail.Address{Name: m.From.Name, Address: m.From.Address})
	b.ToMailAddress(&netmail.Address{Address: m.To})
	b.Subject(m.Subject)
	b.SetDateWithValue(m.Date)
	b.SetMessageIDWithValue(m.name() + "@" + m.From.domain())
	b.SetGenHeader("Auto-Submitted", autoSubmitted)
	b.SetBodyString(gomail.TypeTextPlain, m.Text)
	b.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return b.WriteTo(w)
}

// autoSubmitted is the value of the header Auto-Submitted, which keeps other programs
// from answering.
const autoSubmitted = "auto-generated"
