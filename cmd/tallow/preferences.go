package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// preferences are what people may want to keep of the flags of send and receive:
// each is a flag, a variable and a key of the configuration file. What is of one
// run, such as a code or a text, is none.
type preferences struct {
	// Of both.
	relay         string
	relayPassword string
	pins          []string
	lanes         string
	private       bool
	as            string
	verify        bool
	patience      span          // --timeout
	timeout       time.Duration // the same, or the default of the verb
	wait          time.Duration
	rate          rate
	noHistory     bool

	// Of send.
	words        int
	links        string
	renameUnsafe bool
	compress     string
	storeToken   string
	mailing      mailPreferences

	// Of receive.
	output     string
	yes        bool
	onConflict string
	preserve   bool
	acceptMax  size
	open       bool
}

// preferencePrefix begins the names of their variables.
const preferencePrefix = "TALLOW_"

// span is a time that a flag gives; 0 is none.
type span time.Duration

// Set parses a time.
func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err == nil {
		*s = span(d)
	}
	return err
}

// String returns the time, or "" if there is none.
func (s *span) String() string {
	if *s == 0 {
		return ""
	}
	return waitText(time.Duration(*s))
}

// Type returns the type of the value, for the help.
func (s *span) Type() string { return "duration" }

// newPreferences makes the settings of a program, with their defaults.
func newPreferences(p *program) *settings.Set {
	return settings.New(preferencePrefix, slices.Concat(p.transferTable(), p.sendTable(), p.mailTable(), p.receiveTable(), p.outputTable()))
}

// transferTable has the settings that send and receive share.
func (p *program) transferTable() []settings.Setting {
	v := &p.preferences
	v.wait = tallow.DefaultReconnectTimeout
	return []settings.Setting{
		{Name: "relay", Value: &v.relay, Help: "relay to meet at: `HOST`, HOST:PORT, or a ws or wss URL (default TALLOW_RELAY)"},
		{Name: "relay-pin", Value: &v.pins, Help: "`SHA256` of the relay's public key, in base64 or hex; several are separated by commas (default TALLOW_RELAY_PIN)"},
		{Name: "relay-password", Value: &v.relayPassword, Secret: true, Help: "`PASSWORD` of the relay, if it asks for one (default TALLOW_RELAY_PASSWORD)"},
		{Name: "lanes", Value: &v.lanes, Help: "`list` of the lanes that may be used: " + laneList() + " (default all)"},
		{Name: "private", Value: &v.private, Help: "tell the peer no address of this machine: everything goes through the relay"},
		{Name: "as", Value: &v.as, Help: "tell the peer this `NAME`, of this machine or of yours (default none)"},
		{Name: "verify", Value: &v.verify, Help: "compare words with the peer before anything is sent"},
		{Name: "timeout", Value: &v.patience, Help: "how long to wait for the peer to come (default " + waitText(tallow.DefaultSendTimeout) + " for send, " + waitText(tallow.DefaultReceiveTimeout) + " for receive)"},
		{Name: "wait", Value: &v.wait, Help: "how long to wait for it to come back when the connection is lost; 0 gives up at once"},
		{Name: "limit-rate", Value: &v.rate, Help: "the `RATE` of the data at most, in bytes a second: 500K, 1.5M, 1G (default no limit)"},
		{Name: "no-history", Value: &v.noHistory, Help: "keep nothing of this transfer in the history"},
	}
}

func (p *program) sendTable() []settings.Setting {
	v := &p.preferences
	v.words, v.links, v.compress = tallow.DefaultWords, string(tallow.LinksKeep), string(tallow.CompressAuto)
	return []settings.Setting{
		{Name: "words", Value: &v.words, Help: "how many words a new code has, a number `N`"},
		{Name: "links", Value: &v.links, Help: "`what` to do with symlinks in folders: keep (leave out those that lead out of the folder), skip or follow"},
		{Name: "rename-unsafe", Value: &v.renameUnsafe, Help: "send names with control characters under other names, such as Icon%0D"},
		{Name: "store-token", Value: &v.storeToken, Secret: true, Help: "`TOKEN` of the relay's store, if it asks for one (default TALLOW_STORE_TOKEN)"},
		{Name: "compress", Value: &v.compress, Help: "`what` to compress on its way: auto (where that is faster), on (what becomes shorter by it) or off"},
	}
}

func (p *program) receiveTable() []settings.Setting {
	v := &p.preferences
	v.onConflict = string(tallow.ConflictAsk)
	return []settings.Setting{
		{Name: "output", Short: "o", Value: &v.output, Help: "folder or file name to receive to, a `PATH` or - for stdout (default this folder)"},
		{Name: "yes", Short: "y", Value: &v.yes, Help: "accept without asking"},
		{Name: "on-conflict", Value: &v.onConflict, Help: "`what` to do with a file that exists: " + strings.Join(conflictNames(), ", ") + "; without a terminal, ask is fail"},
		{Name: "preserve", Value: &v.preserve, Help: "keep the sender's permissions, without applying the umask"},
		{Name: "accept-max", Value: &v.acceptMax, Help: "decline what is larger than a `SIZE`: 500MB, 2GiB (default any size)"},
		{Name: "open", Value: &v.open, Help: "at the end show the folder with what was received on the desktop"},
	}
}

// outputTable has the settings of what people see.
func (p *program) outputTable() []settings.Setting {
	p.color = colorAuto
	return []settings.Setting{
		{Name: "quiet", Short: "q", Value: &p.quiet, Help: "print only what is needed"},
		{Name: "verbose", Short: "v", Value: &p.verbose, Help: "log what happens to stderr"},
		{Name: "color", Value: &p.color, Help: "`when` to use colours: auto (in a terminal, unless NO_COLOR is set), always or never"},
		{Name: "log-file", Value: &p.logName, Help: "add a log of what happens to this `FILE`"},
	}
}

// addPreferences adds the flags of settings that send and receive share, and of
// others.
func (p *program) addPreferences(cmd *cobra.Command, others ...string) {
	shared := []string{"relay", "relay-pin", "relay-password", "lanes", "private", "as", "verify", "timeout", "wait", "limit-rate", "no-history", "log-file"}
	p.settings.Register(cmd.Flags(), append(shared, others...)...)
	p.addConfigFlag(cmd)
}

// completePreferences has the values of preferences completed. The flags of send and
// receive are the same, so it is done once for both.
func completePreferences(set *settings.Set) {
	cmd := &cobra.Command{}
	set.Register(cmd.Flags())
	for _, name := range []string{"relay", "relay-pin", "relay-password", "as", "timeout", "wait", "limit-rate", "words", "accept-max", "store-token"} {
		completeFlag(cmd, name, noCompletion)
	}
	completeFlag(cmd, "lanes", completeLanes)
	completeFlag(cmd, "links", completeLinks)
	completeFlag(cmd, "mail-by", completeMailBy)
	completeFlag(cmd, "compress", completeCompress)
	completeFlag(cmd, "color", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{colorAuto, colorAlways, colorNever}, cobra.ShellCompDirectiveNoFileComp
	})
	completeFlag(cmd, "on-conflict", completeConflicts)
}

// checkPreferences rejects values that no transfer can be made with.
func (p *program) checkPreferences() error {
	v, place := &p.preferences, p.settings.Place
	switch {
	case p.settings.Made("timeout") && v.patience <= 0:
		return usage("Give it like 30s, 10m or 2h.", "%s has to be more than nothing", place("timeout"))
	case v.wait < 0:
		return usage("Give it like 30s, 10m or 2h, or 0.", "%s cannot be negative", place("wait"))
	case v.words < 2 || v.words > 8:
		return usage("Correct "+place("words")+".", "a code has 2 to 8 words, not %d", v.words)
	case !slices.Contains(linkNames(), v.links):
		return usage("It is one of "+strings.Join(linkNames(), ", ")+".", "%s cannot be %q", place("links"), v.links)
	case !slices.Contains(compressNames(), v.compress):
		return usage("It is one of "+strings.Join(compressNames(), ", ")+".", "%s cannot be %q", place("compress"), v.compress)
	case !slices.Contains([]string{colorAuto, colorAlways, colorNever}, p.color):
		return usage("It is one of auto, always, never.", "%s cannot be %q", place("color"), p.color)
	case !slices.Contains(conflictNames(), v.onConflict):
		return usage("It is one of "+strings.Join(conflictNames(), ", ")+".", "%s cannot be %q", place("on-conflict"), v.onConflict)
	}
	if err := p.checkMailPreferences(); err != nil {
		return err
	}
	_, err := p.client()
	return err
}

// client returns a client with the preferences.
func (p *program) client() (*tallow.Client, error) { return p.clientAt(p.preferences.relay) }

// clientAt returns a client with the preferences, but of a relay. What belongs to the
// relay of the preferences is not told to another one.
func (p *program) clientAt(relay string) (*tallow.Client, error) {
	v := &p.preferences
	config := tallow.Config{
		Relay: relay, Private: v.private, Name: v.as,
		StateDir: p.stateDir(), Version: buildInfo().Version, Logger: p.debugLogger(),
	}
	if relay == v.relay {
		config.RelayPins, config.RelayPassword = v.pins, v.relayPassword
	}
	if v.lanes != "" {
		lanes, err := tallow.ParseLanes(v.lanes)
		if err != nil {
			return nil, p.placed(err)
		}
		config.Lanes = lanes
	}
	client, err := tallow.New(config)
	return client, p.placed(err)
}

// useRelay makes a relay the one of the preferences. What is for another one is
// forgotten: no relay is told the secrets of another.
func (v *preferences) useRelay(relay string) {
	if relay != v.relay {
		v.relay, v.pins, v.relayPassword, v.storeToken = relay, nil, "", ""
	}
}

// placed adds to an error of a setting where it was made, unless it was on the
// command line.
func (p *program) placed(err error) error {
	var e *tallow.Error
	if !errors.As(err, &e) {
		return err
	}
	name, ok := map[tallow.Reason]string{
		tallow.ReasonLaneName: "lanes", tallow.ReasonRelayName: "relay", tallow.ReasonRelayPinName: "relay-pin",
		tallow.ReasonRelayPasswordForm: "relay-password", tallow.ReasonPrivateLanes: "private", tallow.ReasonNameForm: "as",
	}[e.Reason]
	if !ok || p.settings.Source(name) == settings.Flag || !p.settings.Made(name) {
		return err
	}
	f := *failureOf(err)
	f.hint += " It comes from " + p.settings.Place(name) + "."
	return &f
}

// reconnectTimeout returns --wait for the SDK, where 0 would mean the default.
func (v *preferences) reconnectTimeout() time.Duration { return max(v.wait, 1) }
