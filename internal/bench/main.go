// Command bench compares tallow with other tools, and with what the machine can do
// at most, in one run on one machine, and prints a table. It is for developers of
// tallow and not part of the tallow command. docs/performance.md says how to run
// it.
//
//	main.go       flags and the sequence of a run
//	cases.go      what is transferred, and over which path
//	payload.go    makes the files to send, and compares them with what has arrived
//	tools.go      the tools: tallow.go, ssh.go, raw.go, channel.go
//	peer.go       neighbours that are described by --peer
//	page.go       one data channel to a page in a browser, for web/test/figures.js
//	helper.go     parts of tools that run as processes of this program
//	process.go    runs a process; its events, CPU time and memory
//	measure.go    the rounds of a case
//	rate.go       the rate in the middle of a transfer
//	link.go       slow, long and lossy paths, which linksim makes
//	user.go       who runs the tools there
//	beside.go     a competing flow on a path
//	machine.go    describes the machine
//	bars.go       the ratios that tallow should reach
//	report.go     all figures, as JSON
//	table.go      all figures, as a table
//
// Start with run in this file, and measure in measure.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() { os.Exit(start()) }

// start is main, but returns the exit code, so that deferred calls run.
func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if code, is := runHelper(ctx, os.Args[1:]); is {
		return code
	}
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// options are the values of the flags.
type options struct {
	json       string
	dir        string
	tallow     string
	linksim    string
	congestion string
	as         string
	cases      string
	tools      string
	runs       int
	quick      bool
	limit      time.Duration
	sizes      sizes
	peers      peerFlags
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{sizes: fullSizes()}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.json, "json", "", "also write all figures as JSON to this `file`")
	flags.StringVar(&o.dir, "dir", ".", "`folder` on the disk to measure with; a folder is made in it, and removed")
	flags.StringVar(&o.tallow, "tallow", "", "`path` of a tallow command (default: one that is built of the sources here)")
	flags.StringVar(&o.linksim, "linksim", os.Getenv("TALLOW_LINKSIM"), "`path` of linksim (default TALLOW_LINKSIM, else linksim on PATH)")
	flags.StringVar(&o.congestion, "congestion", "", "TCP congestion control at both ends of a link, such as cubic (default: cubic for an ordinary user, the machine's for root)")
	flags.StringVar(&o.as, "as", asUser, "who runs tallow and peers on links: user (an ordinary one, who has no BBR), root, or root,user")
	flags.Var(&o.peers, "peer", "one more neighbour, `NAME=COMMAND` or NAME=SENDER :: RECEIVER; docs/performance.md has the template; may be repeated")
	flags.StringVar(&o.cases, "case", "", "only these cases, separated by commas: "+strings.Join(caseNames(), ","))
	flags.StringVar(&o.tools, "tool", "", "only these tools, separated by commas: "+strings.Join(toolNames(nil), ",")+", and peers")
	flags.IntVar(&o.runs, "runs", 3, "how often each figure is measured")
	flags.BoolVar(&o.quick, "quick", false, "sizes that say nothing, and one run: is the benchmark itself in order?")
	flags.DurationVar(&o.limit, "limit", 10*time.Minute, "longest time for one run of one tool")
	flags.Int64Var(&o.sizes.file, "file-size", o.sizes.file, "`bytes` of the case file")
	flags.IntVar(&o.sizes.files, "small-files", o.sizes.files, "`number` of files of the case small")
	flags.Int64Var(&o.sizes.link, "link-size", o.sizes.link, "`bytes` over a link without loss")
	flags.Int64Var(&o.sizes.lossy, "lossy-size", o.sizes.lossy, "`bytes` over the link with 0.1 % loss; half of it over that with 0.5 %, a sixth over that with 2 %")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.quick {
		o.sizes, o.runs = quickSizes(), 1
	}
	if flags.NArg() > 0 || o.runs < 1 || !o.sizes.positive() {
		return o, errors.New("numbers have to be positive, and nothing can follow the flags")
	}
	return o, errors.Join(known("case", o.cases, caseNames()), known("tool", o.tools, toolNames(o.peers)),
		known("user", o.as, []string{asRoot, asUser}))
}

// run measures everything and returns the exit code: 1 if a measurement failed, 2 if
// the flags are wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	r, err := benchmark(ctx, o, stderr)
	if r != nil {
		r.print(stdout)
		if o.json != "" {
			err = errors.Join(err, r.save(o.json))
		}
		if n := r.failures(); n > 0 {
			err = errors.Join(err, fmt.Errorf("%d of the measurements failed; the table says why", n))
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

// benchmark measures everything. If an error ends it early, it also returns the
// report so far, or nil if there is none.
func benchmark(ctx context.Context, o options, progress io.Writer) (_ *report, err error) {
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(dir, "bench-work-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder to work in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()

	l, err := newLab(ctx, o, work, progress)
	if err != nil {
		return nil, err
	}
	r := newReport(l.machine(ctx))
	for _, c := range cases(o.sizes) {
		if !chosen(o.cases, c.name) {
			continue
		}
		for _, as := range c.users(o.as) {
			results, err := l.measure(ctx, c, as)
			r.Results = append(r.Results, results...)
			if err != nil {
				return r, fmt.Errorf("case %s: %w", c.name, err)
			}
		}
	}
	r.Bars = bars(r.Results, fullSizes())
	return r, nil
}

// chosen says whether the list in a flag contains a name. The empty list contains
// every name.
func chosen(list, name string) bool {
	if list == "" {
		return true
	}
	for one := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(one) == name {
			return true
		}
	}
	return false
}

// known returns an error if a list contains a name that does not exist.
func known(what, list string, names []string) error {
	if list == "" {
		return nil
	}
	for one := range strings.SplitSeq(list, ",") {
		if all := strings.Join(names, ","); !chosen(all, strings.TrimSpace(one)) || one == "" {
			return fmt.Errorf("there is no %s %q, but %s", what, one, all)
		}
	}
	return nil
}
