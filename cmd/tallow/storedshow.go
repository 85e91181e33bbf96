package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newStoredShow(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "show ID",
		Short:             "Show all that is known of something stored, also its link",
		Example:           "  tallow stored show 3",
		Args:              oneArgument("transfer by its number", "tallow stored show 3"),
		ValidArgsFunction: noCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			items, err := p.storedItems(cmd, args)
			if err != nil {
				return err
			}
			if p.json {
				return p.writeEvent(storedEvent(items[0]))
			}
			return p.table(func(w io.Writer) { storedDetails(w, items[0]) })
		},
	}
	p.addStoredFlags(cmd)
	return cmd
}

// showStored prints a list.
func (p *program) showStored(items []storedItem) error {
	if p.json {
		enc := newEncoder(p.events(), nil)
		for _, it := range items {
			enc.write(storedEvent(it))
		}
		return enc.failure()
	}
	if len(items) == 0 {
		newScreen(p).say("Nothing is stored from here. To store something: tallow send --store PATH")
		return nil
	}
	return p.table(func(w io.Writer) {
		mailed := slices.ContainsFunc(items, func(it storedItem) bool { return len(it.mails) > 0 })
		column := func(text string) string {
			if mailed {
				return text + "\t"
			}
			return ""
		}
		fmt.Fprintln(w, "ID\tSTORED\tWHAT\tSIZE\tSTATE\t"+column("MAIL")+"EXPIRES\tRELAY")
		for _, it := range items {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s%s\t%s\n", it.entry.Number, it.stored.Created.Local().Format("2006-01-02 15:04"), it.what(),
				bytesText(it.stored.Bytes), it.text(), column(mailsText(it.mails)), momentText(it.stored.Expires), shorten(printable(it.stored.Relay()), shownCells))
		}
	})
}

// what is what is stored, for people.
func (it storedItem) what() string {
	if it.stored.Text {
		return "a text"
	}
	names := make([]string, len(it.stored.Names))
	for i, name := range it.stored.Names {
		names[i] = visible(name)
	}
	return namesText(names)
}

// text says in what state an item is.
func (it storedItem) text() string {
	switch it.state {
	case storedUnknown:
		return "the relay does not answer"
	case storedFetching:
		if it.relay.Done > 0 {
			return "being fetched, " + fetchedText(it.relay)
		}
		return "being fetched"
	case storedFetched:
		return fetchedText(it.relay)
	case storedWaiting:
		switch {
		case it.relay.Done > 0:
			return fetchedText(it.relay)
		case !it.relay.Opened.IsZero():
			return "opened"
		}
	}
	return string(it.state)
}

// fetchedText says how often something was fetched.
func fetchedText(s tallow.StoredState) string {
	switch {
	case s.Downloads > 0:
		return fmt.Sprintf("fetched %d of %d", s.Done, s.Downloads)
	case s.Done == 1:
		return "fetched once"
	}
	return fmt.Sprintf("fetched %d times", s.Done)
}

// storedDetails prints one item.
func storedDetails(w io.Writer, it storedItem) {
	row := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, printable(text))
		}
	}
	s := it.stored
	row("number", fmt.Sprint(it.entry.Number))
	row("id", s.ID)
	row("state", it.text())
	if it.err != nil {
		row("reason", failureOf(it.err).message)
	}
	row("stored", s.Created.Local().Format(time.DateTime))
	if !it.relay.Opened.IsZero() {
		row("first opened", it.relay.Opened.Local().Format(time.DateTime))
	}
	row("expires", s.Expires.Local().Format(time.DateTime))
	if s.Text {
		row("what", "a text")
	}
	for _, name := range s.Names {
		row("name", visible(name))
	}
	row("size", bytesText(s.Bytes)+", "+countText(s.Files, "file"))
	row("may be fetched", downloadsText(s.Downloads))
	row("relay", s.Relay())
	if s.Password {
		row("password", "needed besides the link")
	}
	for _, m := range it.mails {
		row("mail", mailText(m))
	}
	if s.Notify != "" {
		row("notifies", s.Notify)
		row("notify key", s.NotifyKey())
	}
	if it.state == storedUploading || it.state == storedInterrupted {
		return
	}
	row("link", s.Link)
	if len(s.Words) > 0 {
		row("or the link", s.LinkWithoutKey())
		row("with the words", strings.Join(s.Words, " "))
	}
}

// mailsText says in a few words what became of mails.
func mailsText(mails []storedlist.Mail) string {
	var parts []string
	for _, state := range []storedlist.MailState{storedlist.MailFailed, storedlist.MailQueued, storedlist.MailSent} {
		n := 0
		for _, m := range mails {
			if m.State == state {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return strings.Join(parts, ", ")
}

// mailText says what became of a mail.
func mailText(m storedlist.Mail) string {
	by := "by your own account"
	if m.Relay {
		by = "by the relay"
	}
	text := fmt.Sprintf("to %s, %s: %s", m.To, by, m.State)
	if !m.Changed.IsZero() {
		text += ", " + m.Changed.Local().Format(time.DateTime)
	}
	if m.Reason != "" {
		text += ": " + m.Reason
	}
	return text
}

// storedEvent is an item as an event of --json.
func storedEvent(it storedItem) any {
	s := it.stored
	names := s.Names
	if names == nil {
		names = []string{}
	}
	return struct {
		Event     string      `json:"event"`
		Number    int64       `json:"number"`
		ID        string      `json:"id"`
		Link      string      `json:"link"`
		Relay     string      `json:"relay"`
		State     storedState `json:"state"`
		Created   string      `json:"created"`
		Expires   string      `json:"expires"`
		Downloads int         `json:"downloads"`
		Done      int         `json:"done"`
		Fetching  int         `json:"fetching"`
		Password  bool        `json:"password"`
		Text      bool        `json:"text"`
		Names     []string    `json:"names"`
		Files     int64       `json:"files"`
		Bytes     int64       `json:"bytes"`

		Opened    string       `json:"opened"`
		Mails     []mailObject `json:"mails"`
		Words     string       `json:"words"`
		Notify    string       `json:"notify"`
		NotifyKey string       `json:"notify_key"`
	}{
		"transfer", it.entry.Number, s.ID, s.Link, s.Relay(), it.state, s.Created.UTC().Format(time.RFC3339), s.Expires.UTC().Format(time.RFC3339),
		s.Downloads, it.relay.Done, it.relay.Fetching, s.Password, s.Text, names, s.Files, s.Bytes,
		stampText(it.relay.Opened), mailObjects(it.mails), strings.Join(s.Words, " "), s.Notify, s.NotifyKey(),
	}
}

// stampText is a time in events; empty for none.
func stampText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
