package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/settings"
)

// mailPreferences are the settings of mails: the account of this user's, and whether it
// is used.
type mailPreferences struct {
	by       string // empty: by an account of this user's if there is one, else by the relay
	smtp     string
	password string
	resend   string
	from     string
}

// Who sends mails.
const (
	mailByOwn   = "own"
	mailByRelay = "relay"
)

// mailTable has the settings of mails. Those of the account are no flags of any command:
// they hardly change, and other users of the machine could see them.
func (p *program) mailTable() []settings.Setting {
	v := &p.preferences.mailing
	return []settings.Setting{
		{Name: "mail-by", Value: &v.by, Help: "`who` sends mails: own, an account of yours, with the whole link; or relay, without its key (default own, if there is one)"},
		{Name: "mail-from", Value: &v.from, Help: "the `ADDRESS` that mails come from, also with a name: Ana <ana@example.org>"},
		{Name: "smtp", Value: &v.smtp, Help: "the `URL` of your mail server: smtp://user@host:587, or smtps://user@host:465"},
		{Name: "smtp-password", Value: &v.password, Secret: true, Help: "the `PASSWORD` for it"},
		{Name: "resend-key", Value: &v.resend, Secret: true, Help: "the `KEY` of an account at Resend, in place of smtp"},
	}
}

// checkMailPreferences rejects what cannot be, before it is needed.
func (p *program) checkMailPreferences() error {
	v, place := p.preferences.mailing, p.settings.Place
	if v.by != "" && !slices.Contains(mailByNames(), v.by) {
		return usage("It is one of "+strings.Join(mailByNames(), ", ")+".", "%s cannot be %q", place("mail-by"), v.by)
	}
	if v.smtp != "" {
		if _, err := mail.ParseSMTP(v.smtp); err != nil {
			return usage("It is like smtp://user@host:587. The password is in "+p.settings.Variable("smtp-password")+", or in the configuration file.", "%s cannot be used: %s", place("smtp"), err)
		}
	}
	if v.from != "" {
		if _, err := mail.ParseMailbox(v.from); err != nil {
			return usage("It is like ana@example.org, or Ana <ana@example.org>.", "%s cannot be used: %s", place("mail-from"), err)
		}
	}
	return nil
}

// mailAccount is the account of this user's for mails.
type mailAccount struct {
	sender mail.Sender
	from   mail.Mailbox
}

// hasMailAccount reports whether there are settings of an account.
func (p *program) hasMailAccount() bool {
	return p.preferences.mailing.smtp != "" || p.preferences.mailing.resend != ""
}

// mailAccount returns the account of this user's. The error says what is missing.
func (p *program) mailAccount() (a mailAccount, err error) {
	v := p.preferences.mailing
	switch {
	case !p.hasMailAccount():
		return a, usage("To set one up: tallow config set smtp URL", "there is no mail account of yours in the settings")
	case v.smtp != "" && v.resend != "":
		return a, usage("Take one of them out: tallow config unset", "%s and %s are both there", p.settings.Place("smtp"), p.settings.Place("resend-key"))
	case v.from == "":
		return a, usage("As in: tallow config set mail-from ana@example.org", "the setting mail-from is missing: the address that your mails come from")
	}
	if a.from, err = mail.ParseMailbox(v.from); err != nil {
		return a, usage("", "%s cannot be used: %s", p.settings.Place("mail-from"), err)
	}
	if v.resend != "" {
		a.sender = &mail.Resend{Key: v.resend}
		return a, nil
	}
	server, err := mail.ParseSMTP(v.smtp)
	if err != nil {
		return a, usage("", "%s cannot be used: %s", p.settings.Place("smtp"), err)
	}
	server.Password = v.password
	if server.User != "" && server.Password == "" {
		return a, usage("Put it into "+p.settings.Variable("smtp-password")+", or: tallow config set smtp-password -", "there is no password for the mail server of %s", p.settings.Place("smtp"))
	}
	a.sender = server
	return a, nil
}

func mailByNames() []string { return []string{mailByOwn, mailByRelay} }

func completeMailBy(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return mailByNames(), cobra.ShellCompDirectiveNoFileComp
}
