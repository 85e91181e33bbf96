package main

import (
	"cmp"
	"errors"
	"net/url"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/relay/outbox"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// mailSettings are the settings of what a relay tells of stored transfers: by mail to
// receivers, and by calling URLs of senders.
type mailSettings struct {
	smtp          string
	smtpPassword  string
	resend        bool
	resendKey     string
	from          string
	publicURL     string
	perAddress    int
	perRecipient  int
	perDay        int
	notify        bool
	notifyPrivate bool
}

func (c *mailSettings) table() []settings.Setting {
	c.perAddress, c.perRecipient, c.perDay = 20, 5, 500
	return []settings.Setting{
		{Name: "smtp", Value: &c.smtp, Help: "`URL` of the account that sends links of stored transfers by mail: smtp://user@host:587 (default none)"},
		{Name: "smtp-password", Value: &c.smtpPassword, Secret: true, Help: "`PASSWORD` of that account (default TALLOW_SMTP_PASSWORD); better in the variable or the file"},
		{Name: "resend", Value: &c.resend, Help: "send them with an account at Resend instead"},
		{Name: "resend-key", Value: &c.resendKey, Secret: true, Help: "API `KEY` of that account (default TALLOW_RESEND_KEY); better in the variable or the file"},
		{Name: "mail-from", Value: &c.from, Help: "`address` that mails are from, such as \"Files <files@relay.example>\""},
		{Name: "public-url", Value: &c.publicURL, Help: "`URL` of this relay, with which links in mails begin (default the first name of --acme-domains)"},
		{Name: "mails-per-address", Value: &c.perAddress, Help: "`number` of mails that one address may have sent in a day, -1 for no limit"},
		{Name: "mails-per-recipient", Value: &c.perRecipient, Help: "`number` of mails to one recipient in a day, -1 for no limit"},
		{Name: "mails-per-day", Value: &c.perDay, Help: "`number` of mails in a day, -1 for no limit"},
		{Name: "notify", Value: &c.notify, Help: "call the URLs of senders who want to be told of their stored transfers"},
		{Name: "notify-private", Value: &c.notifyPrivate, Help: "also call URLs in private networks and on this machine"},
	}
}

// on reports whether mails are sent.
func (c *mailSettings) on() bool { return c.smtp != "" || c.resend }

// check rejects invalid values. where says where a setting was made.
func (c *mailSettings) check(where func(string) string, store bool, domains []string) error {
	switch {
	case c.smtp != "" && c.resend:
		return usage("Give one of them.", "%s and --resend exclude each other", where("smtp"))
	case c.on() && !store, c.notify && !store:
		return usage("Give it a folder with --store.", "%s is about stored transfers, and there is no --store", where(c.first()))
	case c.notifyPrivate && !c.notify:
		return usage("Add --notify.", "%s changes what --notify does", where("notify-private"))
	case c.perAddress == 0, c.perRecipient == 0, c.perDay == 0:
		return usage("Give them numbers, or -1 for no limit.", "a limit of mails cannot be 0")
	case !c.on():
		return nil
	}
	if c.smtp != "" {
		if _, err := mail.ParseSMTP(c.smtp); errors.Is(err, mail.ErrPasswordInURL) {
			return usage("Put it into TALLOW_SMTP_PASSWORD, or into the file as smtp-password.", "%s has a password, which others could see", where("smtp"))
		} else if err != nil {
			return usage("Write it like smtp://user@mail.example:587.", "%s cannot be used: %v", where("smtp"), err)
		}
	}
	if _, err := mail.ParseMailbox(c.from); err != nil {
		return usage("Write it like files@relay.example.", "%s cannot be %q", where("mail-from"), c.from)
	}
	base := c.base(domains)
	if u, err := url.Parse(base); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return usage("Give the URL by which receivers reach this relay, like https://relay.example.", "%s cannot be %q", where("public-url"), base)
	}
	return nil
}

// first returns the name of the first setting that needs a store.
func (c *mailSettings) first() string {
	switch {
	case c.smtp != "":
		return "smtp"
	case c.resend:
		return "resend"
	}
	return "notify"
}

// base returns what links begin with.
func (c *mailSettings) base(domains []string) string {
	if c.publicURL == "" && len(domains) > 0 {
		return "https://" + domains[0]
	}
	return c.publicURL
}

// limits returns those of the store.
func (c *mailSettings) limits() stored.MailLimits {
	return stored.MailLimits{On: c.on(), PerClient: max(c.perAddress, 0), PerRecipient: max(c.perRecipient, 0), PerDay: max(c.perDay, 0)}
}

// account returns the account of the settings, which were checked; nil for none.
func (c *mailSettings) account(domains []string, getenv func(string) string) (*outbox.Mail, error) {
	if !c.on() {
		return nil, nil
	}
	from, err := mail.ParseMailbox(c.from)
	if err != nil {
		return nil, err
	}
	m := &outbox.Mail{From: from, URL: c.base(domains)}
	if c.resend {
		key := cmp.Or(c.resendKey, getenv("TALLOW_RESEND_KEY"))
		if key == "" {
			return nil, usage("Put it into TALLOW_RESEND_KEY, or into the file as resend-key.", "--resend needs the key of an account")
		}
		m.Sender = &mail.Resend{Key: key}
		return m, nil
	}
	account, err := mail.ParseSMTP(c.smtp)
	if err != nil {
		return nil, err
	}
	account.Password = cmp.Or(c.smtpPassword, getenv("TALLOW_SMTP_PASSWORD"))
	if account.User != "" && account.Password == "" {
		return nil, usage("Put it into TALLOW_SMTP_PASSWORD, or into the file as smtp-password.", "--smtp names a user, and there is no password")
	}
	m.Sender = account
	return m, nil
}

// hooks returns how URLs are called; nil if none are.
func (c *mailSettings) hooks() *outbox.Hooks {
	if !c.notify {
		return nil
	}
	return &outbox.Hooks{AllowPrivate: c.notifyPrivate}
}
