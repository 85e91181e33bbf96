package main

import (
	"context"
	"runtime/debug"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

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
		p.logEvent(e)
		rec.event(e)
		r.event(e)
		told = true
	})
	if broken := r.failure(); broken != nil {
		return result, broken
	}
	return result, err
}
