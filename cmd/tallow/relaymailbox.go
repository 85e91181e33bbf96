package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/mailbox/redisbox"
	"github.com/tallow-transfer/tallow/relay/mailbox/sqlitebox"
)

// mailboxSettings is where the messages are that devices leave each other. Their limits
// are in the relay's configuration.
type mailboxSettings struct {
	place string // a folder, mailboxMemory, mailboxOff, or empty
}

// Values of --mailbox that are no folder.
const (
	mailboxMemory = "memory"
	mailboxOff    = "off"
)

func (c *mailboxSettings) table(m *relay.MailboxConfig, defaults relay.MailboxConfig) []settings.Setting {
	*m = defaults
	return []settings.Setting{
		{Name: "mailbox", Value: &c.place, Help: "keep the small sealed messages of devices that know each other in this `PLACE`: a folder, \"memory\" or \"off\" (default Redis with --redis, else the folder of --store, else memory)"},
		{Name: "mailbox-expires", Value: &m.Life, Help: "how long a message is kept that nobody fetches"},
		{Name: "mailbox-messages", Value: &m.MaxMessages, Help: "`number` of messages at most, of 2,000 bytes each"},
		{Name: "mailbox-puts-per-minute", Value: &m.PutsPerMinute, Help: "`number` of messages that one address may leave in a minute, -1 for no limit"},
		{Name: "mailbox-requests-per-minute", Value: &m.RequestsPerMinute, Help: "`number` of times that one address may ask for messages, or delete some, in a minute, -1 for no limit"},
		{Name: "mailbox-watchers", Value: &m.WatchersPerClient, Help: "`number` of devices at one address that may wait for messages at a time, -1 for no limit"},
	}
}

// check rejects invalid values. where says where a setting was made.
func (c *mailboxSettings) check(m relay.MailboxConfig, where func(string) string, cluster bool) error {
	switch {
	case cluster && c.place != "" && c.place != mailboxOff:
		return usage("Leave it out: with --redis the messages are in Redis.", "%s is of this relay alone, which several relays with --redis cannot share", where("mailbox"))
	case m.Life < time.Minute:
		return usage("Give it like 336h.", "%s has to be at least 1m", where("mailbox-expires"))
	case m.MaxMessages < 1:
		return usage("See tallow relay --help.", "%s has to be at least 1", where("mailbox-messages"))
	}
	for _, limit := range []struct {
		name  string
		value int
	}{
		{"mailbox-puts-per-minute", m.PutsPerMinute},
		{"mailbox-requests-per-minute", m.RequestsPerMinute},
		{"mailbox-watchers", m.WatchersPerClient},
	} {
		if limit.value == 0 {
			return usage("Give it a number, or -1 for no limit.", "%s cannot be 0", where(limit.name))
		}
	}
	return nil
}

// dir returns the folder of the messages; empty if they are in none.
func (c *mailboxSettings) dir(store string) string {
	switch {
	case c.place == mailboxMemory || c.place == mailboxOff:
		return ""
	case c.place == "" && store != "":
		return filepath.Join(store, "mailbox")
	}
	return c.place
}

// openMailbox opens the place of the messages. close has to be called when the relay has
// ended.
func (s *server) openMailbox(ctx context.Context) (closeMailbox func(), err error) {
	c, box := &s.mailbox, &s.config.Mailbox
	if box.Off = c.place == mailboxOff; box.Off {
		return func() {}, nil
	}
	if s.cluster.redis != "" {
		store, err := redisbox.Open(s.cluster.redis)
		if err != nil {
			return nil, err
		}
		box.Store = store
		return func() { _ = store.Close() }, nil
	}
	dir := c.dir(s.store.dir(""))
	if dir == "" {
		return func() {}, nil
	}
	store, err := sqlitebox.Open(ctx, dir)
	if err != nil {
		hint := "Choose another folder with --mailbox, or see to it that this one can be written."
		switch {
		case errors.Is(err, sqlitebox.ErrInUse):
			hint = "Each relay needs a folder of its own."
		case errors.Is(err, sqlitebox.ErrNewer):
			hint = "Update tallow, or choose another folder with --mailbox."
		}
		return nil, &failure{kind: tallow.KindIO, message: "the mailbox cannot be opened: " + cause(err), hint: hint, err: err}
	}
	box.Store = store
	return func() { _ = store.Close() }, nil
}
