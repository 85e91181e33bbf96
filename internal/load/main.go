// Command load puts a relay under load on this machine, and compares what it does
// with what it should do. It is for developers and operators of tallow, and not part
// of the tallow command. docs/operating.md says what its figures mean.
//
//	main.go        flags and the sequence of a run
//	server.go      the relay under test, and the TCP splice, in processes of their own
//	peer.go        a peer of the relay; rooms with both peers
//	signalling.go  many rooms at once: are any lost, how long do messages take
//	memory.go      what a connection costs, and what a receiver that stalls does
//	throughput.go  the relayed lane beside a plain TCP splice
//	hostile.go     strangers that mean no good, and honest transfers beside them
//	bars.go        what a relay should do
//
// Start with run in this file.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

func main() { os.Exit(start()) }

// start is main, but returns the exit code, so that deferred calls run.
func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == serverCommand {
		if err := serve(ctx, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			return 1
		}
		return 0
	}
	missed, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "load:", err)
		return 2
	case missed:
		return 1
	}
	return 0
}

// part is one of the things that a run does.
type part struct {
	name string
	run  func(context.Context, options, *server, *bars) error
}

// parts returns all of them in their order.
func parts() []part {
	return []part{{"signalling", signalling}, {"throughput", throughput}, {"stalled", stalled}, {"hostile", hostile}}
}

// options are the values of the flags.
type options struct {
	rooms     int
	perSecond int // messages
	duration  time.Duration
	hostile   time.Duration
	rounds    int    // of the throughput
	only      string // the one part to run
	strict    bool
}

// parse parses the flags.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(stderr)
	short := flags.Bool("short", false, "500 rooms and seconds instead of minutes")
	flags.IntVar(&o.rooms, "rooms", 10_000, "rooms with both peers at a time")
	flags.IntVar(&o.perSecond, "messages", 500, "messages a second through them")
	flags.DurationVar(&o.duration, "for", time.Minute, "how long messages are sent")
	flags.DurationVar(&o.hostile, "hostile", time.Minute, "how long the hostile load lasts")
	flags.IntVar(&o.rounds, "rounds", 15, "rounds of the throughput")
	flags.StringVar(&o.only, "only", "", "run one part alone: signalling, throughput, stalled or hostile")
	flags.BoolVar(&o.strict, "strict", false, "end with 1 also if a bar of time, memory or throughput is not met")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *short {
		o.rooms, o.duration, o.hostile, o.rounds = 500, 5*time.Second, 8*time.Second, 3
	}
	known := func(p part) bool { return p.name == o.only }
	if o.only != "" && !slices.ContainsFunc(parts(), known) {
		return o, fmt.Errorf("there is no part %q", o.only)
	}
	return o, nil
}

// run does everything and prints the bars. It reports whether one was missed that
// does not depend on how fast the machine is, or any with --strict.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (missed bool, err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return false, err
	}
	most := raiseFileLimit()
	if possible := int(most-200) / 2; possible < o.rooms {
		fmt.Fprintf(stdout, "A process may have %d files open here, so there are %d rooms instead of %d.\n", most, possible, o.rooms)
		o.rooms = possible
	}
	relay, err := startServer(ctx, stderr)
	if err != nil {
		return false, err
	}
	defer relay.stop()
	var all bars
	for _, part := range parts() {
		if o.only != "" && o.only != part.name {
			continue
		}
		if err := part.run(ctx, o, relay, &all); err != nil {
			return false, err
		}
	}
	return all.print(stdout, o.strict), nil
}
