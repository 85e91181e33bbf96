package main

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// transferFlags are the flags that send and receive have in common.
type transferFlags struct {
	relay   string
	lanes   string
	verify  bool
	timeout time.Duration
	wait    time.Duration
	rate    rate
}

func (f *transferFlags) register(cmd *cobra.Command, defaultTimeout time.Duration) {
	flags := cmd.Flags()
	flags.StringVar(&f.relay, "relay", "", "relay to meet at: `HOST`, HOST:PORT, or a ws or wss URL (default TALLOW_RELAY)")
	flags.StringVar(&f.lanes, "lanes", "", "`list` of the lanes that may be used: "+laneList()+" (default all)")
	flags.BoolVar(&f.verify, "verify", false, "compare words with the other side before anything is sent")
	flags.DurationVar(&f.timeout, "timeout", defaultTimeout, "how long to wait for the other side to come")
	flags.DurationVar(&f.wait, "wait", tallow.DefaultReconnectTimeout, "how long to wait for it to come back when the connection is lost; 0 gives up at once")
	flags.Var(&f.rate, "limit-rate", "the `RATE` of the data at most, in bytes a second: 500K, 1.5M, 1G (default no limit)")
	completeFlag(cmd, "relay", noCompletion)
	completeFlag(cmd, "lanes", completeLanes)
	completeFlag(cmd, "timeout", noCompletion)
	completeFlag(cmd, "wait", noCompletion)
	completeFlag(cmd, "limit-rate", noCompletion)
}

// client makes the client that the flags describe.
func (f *transferFlags) client(p *program, cmd *cobra.Command) (*tallow.Client, error) {
	if f.timeout <= 0 {
		return nil, usage("Give it like 30s, 10m or 2h.", "--timeout has to be more than nothing")
	}
	if f.wait < 0 {
		return nil, usage("Give it like 30s, 10m or 2h, or 0.", "--wait cannot be negative")
	}
	config := tallow.Config{Relay: f.relay, StateDir: p.stateDir(), Version: buildInfo().Version}
	if !cmd.Flags().Changed("relay") {
		config.Relay = p.getenv("TALLOW_RELAY")
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
	return tallow.New(config)
}

// patience is --wait as the SDK takes it, where nothing means the default.
func (f *transferFlags) patience() time.Duration { return max(f.wait, 1) }

// reporter is what takes the events of a transfer.
type reporter interface {
	event(tallow.Event)
	// failure is why nobody can be told any more, or nil.
	failure() error
}

// newReporter is the encoder with --json, else n. It calls broken when it fails.
func (p *program) newReporter(n *narrator, broken func(error)) reporter {
	if p.json {
		return newEncoder(p.events(), broken)
	}
	n.broken = broken
	return n
}

// memoryLimit is from how many bytes on the collector works harder, so that the
// garbage of many small files does not add to what a transfer really holds,
// which is well below. GOMEMLIMIT sets another one.
const memoryLimit = 96 << 20

// observe runs a transfer, reports its events, and has the person steer it. When
// nobody can be told of the events any more, it ends the transfer.
func (p *program) observe(ctx context.Context, n *narrator, run func(context.Context, *tallow.Controls, func(tallow.Event)) (tallow.Result, error)) (tallow.Result, error) {
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
	result, err := run(ctx, steer.controls, func(e tallow.Event) {
		told := false
		defer func() {
			if !told { // it panics, and must not leave the terminal without an echo
				p.terminal.leave()
			}
		}()
		r.event(e)
		told = true
	})
	if broken := r.failure(); broken != nil {
		return result, broken
	}
	return result, err
}
