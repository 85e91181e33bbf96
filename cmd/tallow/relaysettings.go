package main

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/relay"
)

// variablePrefix begins the names of the relay's variables.
const variablePrefix = "TALLOW_RELAY_"

// defaultDrain is shorter than what supervisors commonly wait before they kill.
const defaultDrain = 25 * time.Second

// table has the settings of the relay. Each entry is a flag, a variable of the
// environment and a key of the file.
func (s *server) table() []settings.Setting {
	c := &s.config
	s.listen = ":8080"
	d := relay.Defaults()
	c.UnclaimedTTL, c.MaxRooms, c.RoomsPerMinute, c.JoinsPerMinute = d.UnclaimedTTL, d.MaxRooms, d.RoomsPerMinute, d.JoinsPerMinute
	c.DrainTimeout = defaultDrain
	own := []settings.Setting{
		{Name: "listen", Value: &s.listen, Help: "`address` to listen on; port 0 takes any that is free"},
		{Name: "stun", Value: &s.stun, Help: "`address` of the STUN service that machines are told: HOST:PORT, :PORT or \"off\" (default the port of --listen)"},
		{Name: "ttl", Value: &c.UnclaimedTTL, Help: "how long a code waits to be used"},
		{Name: "max-rooms", Value: &c.MaxRooms, Help: "`number` of codes that there can be at a time"},
		{Name: "sessions-per-minute", Value: &c.RoomsPerMinute, Help: "`number` of codes that one address may get in a minute, -1 for no limit"},
		{Name: "joins-per-minute", Value: &c.JoinsPerMinute, Help: "`number` of codes that one address may try in a minute, -1 for no limit"},
		{Name: "bytes-per-second", Value: &c.BytesPerSecond, Help: "`bytes` that one machine may send in a second, 0 for no limit"},
		{Name: "drain-timeout", Value: &c.DrainTimeout, Help: "how long transfers through the relay may go on after SIGTERM or Ctrl-C; a second one ends it at once"},
		{Name: "origins", Value: &c.Origins, Help: "`list` of the origins, such as https://app.example, whose pages may use the relay beside its own; * for all"},
	}
	return slices.Concat(own, limitSettings(&c.Limits, d.Limits), accessSettings(&c.Access, &s.networks), s.tls.table(), s.turn.table(), s.metrics.table(), s.cluster.table(), s.store.table(), s.mailbox.table(&c.Mailbox, d.Mailbox), s.mail.table(), s.logSettings())
}

// addSettings adds the flags of the settings, and those of the settings' file.
func (s *server) addSettings(cmd *cobra.Command) {
	s.settings = settings.New(variablePrefix, s.table())
	s.settings.Register(cmd.Flags())
	cmd.Flags().StringVar(&s.file, "config", "", "TOML `FILE` with settings, named like the flags (default "+variablePrefix+"CONFIG)")
	cmd.Flags().BoolVar(&s.printConfig, "print-config", false, "print the settings as such a file, without secrets, and end")
	for _, name := range s.settings.Names() {
		if cmd.Flags().Lookup(name).Value.Type() != "bool" {
			completeFlag(cmd, name, noCompletion)
		}
	}
}

// loadSettings reads the file and the environment.
func (s *server) loadSettings(cmd *cobra.Command) error {
	if !cmd.Flags().Changed("config") {
		s.file = s.getenv(variablePrefix + "CONFIG")
	}
	return settingFailure(s.settings.Load(s.file, s.getenv), settingWords{
		set: s.settings, getenv: s.getenv,
		unreadable: "--config and " + variablePrefix + "CONFIG name the file.",
		syntax:     "The file is TOML, as tallow relay --print-config prints it.",
		unknown:    "Settings have the names of the flags: see " + cmd.CommandPath() + " --help.",
		bad:        seeHelp(cmd),
	})
}
