package main

import (
	"context"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// transferFlags are the flags that send and receive have in common.
type transferFlags struct {
	relay         string
	relayPassword string
	pins          []string
	lanes         string
	private       bool
	verify        bool
	timeout       time.Duration
	wait          time.Duration
	rate          rate
	noHistory     bool

	meetsAt string // the relay, from the flag or the environment; set by client
}

func (f *transferFlags) register(cmd *cobra.Command, defaultTimeout time.Duration) {
	flags := cmd.Flags()
	flags.StringVar(&f.relay, "relay", "", "relay to meet at: `HOST`, HOST:PORT, or a ws or wss URL (default TALLOW_RELAY)")
	flags.StringSliceVar(&f.pins, "relay-pin", nil, "`SHA256` of the relay's public key, in base64 or hex; several are separated by commas (default TALLOW_RELAY_PIN)")
	flags.StringVar(&f.relayPassword, "relay-password", "", "`PASSWORD` of the relay, if it asks for one (default TALLOW_RELAY_PASSWORD)")
	flags.StringVar(&f.lanes, "lanes", "", "`list` of the lanes that may be used: "+laneList()+" (default all)")
	flags.BoolVar(&f.private, "private", false, "tell the peer no address of this machine: everything goes through the relay")
	flags.BoolVar(&f.verify, "verify", false, "compare words with the peer before anything is sent")
	flags.DurationVar(&f.timeout, "timeout", defaultTimeout, "how long to wait for the peer to come")
	flags.DurationVar(&f.wait, "wait", tallow.DefaultReconnectTimeout, "how long to wait for it to come back when the connection is lost; 0 gives up at once")
	flags.Var(&f.rate, "limit-rate", "the `RATE` of the data at most, in bytes a second: 500K, 1.5M, 1G (default no limit)")
	flags.BoolVar(&f.noHistory, "no-history", false, "keep nothing of this transfer in the history (default TALLOW_NO_HISTORY)")
	completeFlag(cmd, "relay", noCompletion)
	completeFlag(cmd, "relay-pin", noCompletion)
	completeFlag(cmd, "relay-password", noCompletion)
	completeFlag(cmd, "lanes", completeLanes)
	completeFlag(cmd, "timeout", noCompletion)
	completeFlag(cmd, "wait", noCompletion)
	completeFlag(cmd, "limit-rate", noCompletion)
}

// client returns a client with the settings of the flags.
func (f *transferFlags) client(p *program, cmd *cobra.Command) (*tallow.Client, error) {
	if f.timeout <= 0 {
		return nil, usage("Give it like 30s, 10m or 2h.", "--timeout has to be more than nothing")
	}
	if f.wait < 0 {
		return nil, usage("Give it like 30s, 10m or 2h, or 0.", "--wait cannot be negative")
	}
	config := tallow.Config{Relay: f.relay, RelayPins: f.pins, Private: f.private, RelayPassword: f.relayPassword, StateDir: p.stateDir(), Version: buildInfo().Version}
	if !cmd.Flags().Changed("relay") {
		config.Relay = p.getenv("TALLOW_RELAY")
	}
	if pins := p.getenv("TALLOW_RELAY_PIN"); pins != "" && !cmd.Flags().Changed("relay-pin") {
		config.RelayPins = strings.Split(pins, ",")
	}
	if !cmd.Flags().Changed("relay-password") {
		config.RelayPassword = p.getenv("TALLOW_RELAY_PASSWORD")
	}
	if f.lanes != "" {
		lanes, err := tallow.ParseLanes(f.lanes)
		if err != nil {
			return nil, err
		}
		config.Lanes = lanes
	}
	if p.verbose {
		config.Logger = p.logger(slog.LevelDebug)
	}
	f.meetsAt = config.Relay
	return tallow.New(config)
}

// reconnectTimeout returns --wait for the SDK, where 0 would mean the default.
func (f *transferFlags) reconnectTimeout() time.Duration { return max(f.wait, 1) }

// reporter reports the events of a transfer.
type reporter interface {
	event(tallow.Event)
	// warn tells what does not keep the transfer from going on; reason is for programs.
	warn(reason, format string, args ...any)
	// failure returns the error that ended the reporting, or nil.
	failure() error
}

// newReporter returns an encoder with --json, else n. It calls broken when writing
// fails.
func (p *program) newReporter(n *narrator, broken func(error)) reporter {
	if p.json {
		return newEncoder(p.events(), broken)
	}
	n.broken = broken
	return n
}

// memoryLimit is the memory from which on the garbage collector runs more often. A
// transfer needs much less; the limit keeps garbage of many small files from piling
// up. GOMEMLIMIT overrides it.
const memoryLimit = 96 << 20

// observe runs a transfer, reports and records its events, and lets the person pause
// and end it. If the events cannot be written any more, it ends the transfer.
func (p *program) observe(ctx context.Context, n *narrator, rec *recorder, run func(context.Context, *tallow.Controls, func(tallow.Event)) (tallow.Result, error)) (tallow.Result, error) {
	if p.getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer n.screen.close()
	steer := steering{controls: &tallow.Controls{}, screen: n.screen, quit: func() { cancel(nil) }}
	defer onPauseSignals(steer.pause, steer.resume)()
	if n.keys && n.screen.moves && isTerminal(p.stdin) {
		n.screen.keys = &keyboard{in: p.stdin, mode: &p.terminal, press: steer.press, gained: n.screen.refresh}
		defer n.screen.keys.close()
	}
	if n.screen.moves {
		defer terminalSignals{resized: n.screen.refresh, suspend: n.screen.suspend, leave: p.terminal.leave}.handle()()
	}
	r := p.newReporter(n, cancel)
	rec.start(ctx, p, r.warn)
	defer rec.close()
	result, err := run(ctx, steer.controls, func(e tallow.Event) {
		told := false
		defer func() {
			if !told { // after a panic, the terminal must not stay without echo
				p.terminal.leave()
			}
		}()
		rec.event(e)
		r.event(e)
		told = true
	})
	if broken := r.failure(); broken != nil {
		return result, broken
	}
	return result, err
}
