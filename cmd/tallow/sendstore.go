package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// storing is what of a send is about leaving it with the relay.
type storing struct {
	store     bool
	after     lifetime
	expires   lifetime
	downloads int
	counted   bool // somebody has chosen the number of downloads
	locked    bool
	password  passwordSource
	mailing   mailing
	notify    string
}

// storeFlags are the flags that mean nothing without --store and --store-after.
func storeFlags() []string {
	return []string{"expires", "downloads", "password", "password-file", "mail", "mail-note", "notify"}
}

// directFlags are the flags that mean nothing with --store, where nobody is met.
func directFlags() []string {
	return []string{"code", "words", "verify", "timeout", "lanes", "compress", "keep"}
}

func (s *storing) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	s.expires = lifetime(tallow.DefaultExpires)
	flags.BoolVar(&s.store, "store", false, "leave it with the relay for a receiver that comes later, and print a link")
	flags.Var(&s.after, "store-after", "store it if nobody comes for that long, a `TIME`: 10m, 1h")
	flags.Var(&s.expires, "expires", "how long the relay keeps it, a `TIME`: 12h, 7d; the relay may shorten it")
	flags.IntVar(&s.downloads, "downloads", 1, "how often it may be fetched, a number `N`; 0 is as often as anyone likes; with --mail as often as there are addresses")
	flags.BoolVar(&s.locked, "password", false, "ask for a password that the receiver needs besides the link")
	s.password.register(cmd)
	s.mailing.register(cmd)
	flags.StringVar(&s.notify, "notify", "", "have the relay tell this https `URL` when it is opened, fetched, or expires")
	for _, name := range []string{"store-after", "expires", "downloads", "notify"} {
		completeFlag(cmd, name, noCompletion)
	}
}

// check rejects flags that do not go together.
func (s *storing) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	s.counted = given("downloads")
	switch {
	case s.store && given("store-after"):
		return usage("Leave one of them out.", "--store does not wait for anybody, and --store-after does")
	case given("store-after") && given("timeout"):
		return usage("Leave --timeout out.", "--store-after says how long to wait")
	case given("store-after") && time.Duration(s.after) < time.Second:
		return usage("Give it like 30s, 10m or 1h.", "--store-after has to be a second at least")
	case s.store:
		for _, name := range directFlags() {
			if given(name) {
				return usage("Leave it out.", "--%s is for a receiver that is there, and with --store there is none", name)
			}
		}
	case !given("store-after"):
		for _, name := range storeFlags() {
			if given(name) {
				return usage("Add --store, or leave it out.", "--%s is for what is stored", name)
			}
		}
		return nil
	}
	switch {
	case time.Duration(s.expires) < time.Second:
		return usage("Give it like 30m, 12h or 7d.", "--expires has to be a second at least")
	case s.downloads < 0 || s.downloads > tallow.MaxDownloads:
		return usage("0 is as often as anyone likes.", "--downloads is a number from 0 to %d", tallow.MaxDownloads)
	}
	return s.mailing.check(cmd)
}

// storeOptions returns how what is sent is left with the relay of at, and the keeper of
// that, which has to be closed.
func (s *send) storeOptions(ctx context.Context, from tallow.SendOptions, n *narrator, at preferences) (o tallow.StoreOptions, keeper *storedKeeper, err error) {
	if at.relay == "" {
		return o, nil, failureOf(&tallow.Error{Kind: tallow.KindUsage, Reason: tallow.ReasonStoreNoRelay})
	}
	o = tallow.StoreOptions{
		Paths: from.Paths, Stream: from.Stream, Text: from.Text, StreamName: from.StreamName, Links: from.Links,
		RenameUnsafe: from.RenameUnsafe, Rules: from.Rules, GitIgnore: from.GitIgnore,
		Expires: time.Duration(s.storing.expires), Downloads: s.storing.downloads,
		ReconnectTimeout: s.reconnectTimeout(), LimitRate: from.LimitRate, Token: at.storeToken, Notify: s.storing.notify,
	}
	var mails []storedlist.Mail
	if len(s.storing.mailing.to) > 0 {
		if o.RelayMail, err = s.mailByRelay(); err != nil {
			return o, nil, err
		}
		mails = s.newMails(s.storing.mailing, o.RelayMail)
		if !s.storing.counted {
			o.Downloads = len(mails) // once for each of them
		}
	}
	if o.Downloads == 0 {
		o.Downloads = tallow.AnyDownloads
	}
	if o.Password, err = s.storePassword(ctx, n); err != nil {
		return o, nil, err
	}
	keeper = &storedKeeper{program: s.program, warn: n.warn, mails: mails}
	if s.json {
		keeper.warn = s.newReporter(n, nil).warn
	}
	o.Keeper = keeper
	return o, keeper, nil
}

// runStore leaves what is sent with the relay.
func (s *send) runStore(ctx context.Context, client *tallow.Client, from tallow.SendOptions, to *recipient) error {
	n := newNarrator(s.program)
	n.subject, n.wait = subject(from), s.wait
	n.storing()
	n.keys = from.Stream == nil && s.text != "-"
	switch {
	case to != nil:
		n.device = to.device.Name
	case !isTerminal(s.stdout):
		n.codeTo = s.stdout
	}
	o, keeper, err := s.storeOptions(ctx, from, n, *s.preferences)
	if err != nil {
		return err
	}
	defer keeper.close()
	_, err = s.observeSend(ctx, n, s.newRecorder(sendEntry(from, s.relay)), keeper, to, func(ctx context.Context, controls *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.Controls, o.OnEvent = controls, onEvent
		return client.Store(ctx, o)
	})
	return firstOf(err, s.sendMails(ctx, client, keeper))
}

// storePassword returns the password that the receiver has to have; empty: none.
func (s *send) storePassword(ctx context.Context, n *narrator) (string, error) {
	if !s.storing.locked && s.storing.password.file == "" {
		return "", nil
	}
	var ask *prompt
	if console, err := s.openConsole(n.screen); err == nil {
		defer console.close()
		ask = &prompt{console: console}
	}
	return s.storing.password.choose(ctx, s.program, ask)
}

// lifetime is the value of a flag: how long something lasts, such as 12h or 7d.
type lifetime time.Duration

// Set parses a lifetime.
func (l *lifetime) Set(text string) error {
	d, err := parseAge(text)
	*l = lifetime(d)
	return err
}

// String returns the lifetime as it can be written.
func (l *lifetime) String() string { return waitText(time.Duration(*l)) }

// Type returns the type of the value, for the help.
func (l *lifetime) Type() string { return "lifetime" }
