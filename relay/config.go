package relay

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Config configures a relay. Zero values mean the defaults, which suit a public
// server.
type Config struct {
	// UnclaimedTTL is how long a room waits for its code to be used, 1 hour by
	// default. A room whose code is burnt lives until both peers have left.
	UnclaimedTTL time.Duration
	// ResumeTTL is how long one peer may wait for the other in a resume room, 1
	// hour by default.
	ResumeTTL time.Duration
	// IdleTimeout is how long a receiver may take for its first message once both
	// peers are in the room of a code that is not burnt, 10 seconds by default.
	// After that its slot is free again. Honest receivers send at once.
	IdleTimeout time.Duration
	// MaxRooms is the largest number of rooms of both kinds at a time, 10,000 by
	// default.
	MaxRooms int
	// MaxMessage is the largest payload that a peer may send in one message, in
	// bytes: 66,000 by default, and never more.
	MaxMessage int
	// RoomsPerMinute is how many rooms one client address may open, after a burst
	// of a third of that; 60 by default, negative for no limit. An IPv6 address
	// counts as its /64.
	RoomsPerMinute int
	// JoinsPerMinute is the same for joining rooms of codes, which bounds how fast
	// somebody can try nameplates; 60 by default, negative for no limit.
	JoinsPerMinute int
	// ResumesPerMinute is the same for joining resume rooms, whose ids cannot be
	// guessed. It lets a few peers behind one address rejoin every few seconds
	// while their network is bad; 120 by default, negative for no limit.
	ResumesPerMinute int
	// BytesPerSecond is how fast one peer may send; 0 for no limit.
	BytesPerSecond int
	// STUNAddress is where peers find a STUN service: "HOST:PORT", or ":PORT"
	// for a port of the host by which they reach the relay; empty for none. Peers
	// ignore any other host, and ports under 1024 but the relay's own.
	STUNAddress string
	// TURN is the TURN service; nil for none.
	TURN *TURN
	// NameplateDigits is the smallest number of digits of the nameplates that the
	// relay chooses. By default they are as short as is practical.
	NameplateDigits int
	// Origins are the origins, such as "https://app.example", whose pages may use
	// the relay beside its own; "*" is all.
	Origins []string
	// TLS is how Serve serves HTTPS; nil for plain HTTP.
	TLS *tls.Config
	// Limits bound what one client, and all of them together, can have (limits.go).
	Limits Limits
	// Access says who may use the relay (access.go).
	Access Access
	// Store is what it keeps for receivers that come later; nil for nothing.
	Store *StoreConfig
	// Mailbox is where devices leave each other small messages (boxlimits.go).
	Mailbox MailboxConfig
	// Checks have to succeed for the relay to be ready, beside its own.
	Checks []Check
	// Observer is told what happens, for metrics; nil for nobody.
	Observer Observer
	// Cluster makes the relay one of several nodes; nil for one machine.
	Cluster *Cluster
	// DrainTimeout is how long Serve waits, before it ends, for peers that are
	// connected with each other; 0 for not at all. See Relay.Drain.
	DrainTimeout time.Duration
	// Version is the program's, shown by the health endpoints.
	Version string
	// Logger gets what an operator may want to know, but never a payload, nor a
	// nameplate, a resume room's id, or a client address. The default is silence.
	Logger *slog.Logger
}

// Defaults returns the configuration that the zero Config stands for.
func Defaults() Config {
	c, _ := Config{}.withDefaults() // which has no fault
	return c
}

// withDefaults checks a configuration and fills in what it leaves out.
func (c Config) withDefaults() (Config, error) {
	c.UnclaimedTTL = cmp.Or(c.UnclaimedTTL, time.Hour)
	c.ResumeTTL = cmp.Or(c.ResumeTTL, time.Hour)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, defaultIdleTimeout)
	c.MaxRooms = cmp.Or(c.MaxRooms, 10_000)
	c.MaxMessage = cmp.Or(c.MaxMessage, wire.MaxRoomPayload)
	c.RoomsPerMinute = cmp.Or(c.RoomsPerMinute, 60)
	c.JoinsPerMinute = cmp.Or(c.JoinsPerMinute, 60)
	c.ResumesPerMinute = cmp.Or(c.ResumesPerMinute, 120)
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	limits, err := c.Limits.withDefaults(c.MaxRooms)
	if err == nil {
		err = c.Access.check()
	}
	if err != nil {
		return Config{}, fmt.Errorf("relay configuration: %w", err)
	}
	c.Limits = limits
	if c.Mailbox, err = c.Mailbox.withDefaults(); err != nil {
		return Config{}, fmt.Errorf("relay configuration: %w", err)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	for _, bad := range []struct {
		wrong bool
		text  string
	}{
		{c.UnclaimedTTL < time.Second, "UnclaimedTTL: at least a second"},
		{c.ResumeTTL < time.Second, "ResumeTTL: at least a second"},
		{c.IdleTimeout < 0, "IdleTimeout: not negative"},
		{c.MaxRooms < 0, "MaxRooms: not negative"},
		{c.MaxMessage < 0 || c.MaxMessage > wire.MaxRoomPayload, fmt.Sprintf("MaxMessage: at most %d bytes", wire.MaxRoomPayload)},
		{c.BytesPerSecond < 0, "BytesPerSecond: not negative"},
		{len(c.STUNAddress) > wire.MaxRoomSTUN, fmt.Sprintf("STUNAddress: at most %d bytes", wire.MaxRoomSTUN)},
		{c.NameplateDigits < 0 || c.NameplateDigits > wire.MaxNameplateDigits, fmt.Sprintf("NameplateDigits: at most %d", wire.MaxNameplateDigits)},
	} {
		if bad.wrong {
			return Config{}, fmt.Errorf("relay configuration: %s", bad.text)
		}
	}
	if err := checkOrigins(c.Origins); err != nil {
		return Config{}, fmt.Errorf("relay configuration: Origins: %w", err)
	}
	if err := c.Cluster.check(); err != nil {
		return Config{}, fmt.Errorf("relay configuration: %w", err)
	}
	if c.Store != nil && c.Store.Service == nil {
		return Config{}, errors.New("relay configuration: Store: a Service is needed")
	}
	if c.TURN != nil {
		if c.Cluster != nil && len(c.TURN.URLs) == 0 && c.TURN.Host == "" {
			return Config{}, errors.New("relay configuration: TURN: one of several nodes needs a Host of its own, or URLs, since its peers may reach another node's server")
		}
		if err := c.TURN.check(); err != nil {
			return Config{}, fmt.Errorf("relay configuration: %w", err)
		}
	}
	return c, nil
}

// limits returns the limits of the table.
func (c Config) limits() limits {
	return limits{
		ttl: c.UnclaimedTTL, resumeTTL: c.ResumeTTL, idleTimeout: c.IdleTimeout, silentTimeout: c.Limits.SilentTimeout,
		limit: c.MaxRooms, bytesPerSecond: c.Limits.BytesPerSecondPerRoom, bytes: int64(c.Limits.BytesPerRoom),
	}
}
