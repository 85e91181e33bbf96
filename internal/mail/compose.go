package mail

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
	"time"
)

// Description is what a mail says of a stored transfer. What people have written may be
// anything: Compose cleans it.
type Description struct {
	Link string // to the page; without the key if Words
	Who  string // the sender's name; may be empty
	What string // such as the name of a file; may be empty
	Note string // what the sender has to say; may be empty
	// Size is in bytes; 0 is not told.
	Size      int64
	Expires   time.Time
	Downloads int // how many there may be; 0: any number
	// Words says that the link has no key: the sender tells the receiver words.
	Words bool
	// Password says that the transfer has a password as well.
	Password bool
}

//go:embed mail.txt
var textSource string

//go:embed mail.html
var htmlSource string

// Compose makes a mail of a description. key names it, as in Message. The same arguments
// always make the same mail.
func Compose(key string, from Mailbox, to string, date time.Time, d Description) (Message, error) {
	d.Who, d.What, d.Note = CleanLine(d.Who, maxName), CleanLine(d.What, maxWhat), CleanText(d.Note, MaxNote)
	m := Message{Key: key, From: from, To: to, Date: date, Subject: "Files for you"}
	if d.Who != "" {
		m.Subject = d.Who + " sends you files"
	}
	said := struct {
		Description
		Sender string
		Size   string
		Until  string
		Note   []string
	}{
		Description: d, Sender: cmp.Or(d.Who, "Somebody"), Size: size(d.Size),
		Until: d.Expires.UTC().Format("Monday, 2 January 2006, 15:04") + " UTC",
	}
	if d.Note != "" {
		said.Note = strings.Split(d.Note, "\n")
	}
	text, err := texttemplate.New("text").Parse(textSource)
	if err != nil {
		return m, err
	}
	html, err := htmltemplate.New("html").Parse(htmlSource)
	if err != nil {
		return m, err
	}
	var b bytes.Buffer
	if err := text.Execute(&b, said); err != nil {
		return m, err
	}
	m.Text = b.String()
	b.Reset()
	if err := html.Execute(&b, said); err != nil {
		return m, err
	}
	m.HTML = b.String()
	return m, nil
}

// size returns a number of bytes for people; empty for 0.
func size(n int64) string {
	if n <= 0 {
		return ""
	}
	value, units := float64(n), []string{"bytes", "kB", "MB", "GB", "TB"}
	for value >= 999.5 && len(units) > 1 {
		value, units = value/1000, units[1:]
	}
	if units[0] == "bytes" || value >= 99.5 {
		return fmt.Sprintf("%.0f %s", value, units[0])
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}
