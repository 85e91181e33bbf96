package main

import (
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// newMailTeller returns what tells of mails: to people, or as events.
func (p *program) newMailTeller() mailTeller {
	if p.json {
		return mailEvents{newEncoder(p.events(), nil)}
	}
	return mailNarrator{newScreen(p)}
}

// mailNarrator tells people of mails.
type mailNarrator struct{ screen *screen }

func (n mailNarrator) mail(_ storedlist.Entry, _ tallow.Stored, m storedlist.Mail, again time.Duration) {
	to, reason := printable(m.To), printable(m.Reason)
	switch {
	case m.State == storedlist.MailFailed:
		n.screen.say("There is no mail to %s: %s.", to, reason)
	case due(m) && again > 0:
		n.screen.say("There is no mail to %s yet: %s. Trying again in %s; Ctrl-C to stop.", to, reason, waitText(again.Round(time.Second)))
	case due(m):
		n.screen.say("There is no mail to %s yet: %s.", to, reason)
	case m.Relay:
		n.screen.say("The relay sends a mail to %s. It has the link without its key.", to)
	default:
		n.screen.say("Sent a mail to %s from your own account. It has the whole link.", to)
	}
}

// words shows the words for the receivers of the relay's mails. They are needed, so they
// are there with --quiet too.
func (n mailNarrator) words(s tallow.Stored) {
	words := strings.Join(s.Words, " ")
	if n.screen.quiet {
		n.screen.print(words)
		return
	}
	n.screen.say("Words: %s", n.screen.palette.paint(bold, words))
	n.screen.say("Tell them in another way than by mail: whoever opens its link needs them.")
}

// mailEvents writes events of mails.
type mailEvents struct{ encoder *encoder }

func (e mailEvents) mail(entry storedlist.Entry, s tallow.Stored, m storedlist.Mail, _ time.Duration) {
	e.encoder.write(struct {
		Event  string `json:"event"`
		Number int64  `json:"number"`
		ID     string `json:"id"`
		mailObject
	}{"mail", entry.Number, s.ID, mailOf(m)})
}

func (e mailEvents) words(s tallow.Stored) {
	e.encoder.write(struct {
		Event string `json:"event"`
		ID    string `json:"id"`
		Link  string `json:"link"`
		Words string `json:"words"`
	}{"words", s.ID, s.LinkWithoutKey(), strings.Join(s.Words, " ")})
}

// mailObject is a mail in events.
type mailObject struct {
	To      string               `json:"to"`
	By      string               `json:"by"`
	State   storedlist.MailState `json:"state"`
	Reason  string               `json:"reason"`
	Changed string               `json:"changed"`
}

func mailOf(m storedlist.Mail) mailObject {
	by := mailByOwn
	if m.Relay {
		by = mailByRelay
	}
	return mailObject{m.To, by, m.State, m.Reason, stampText(m.Changed)}
}

// mailObjects are mails in events.
func mailObjects(mails []storedlist.Mail) []mailObject {
	objects := make([]mailObject, len(mails))
	for i, m := range mails {
		objects[i] = mailOf(m)
	}
	return objects
}
