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
	// failed tells how a transfer ended where others go on.
	failed(*failure)
	// failure returns the error that ended the reporting, or nil.
	failure() error
}

// newReporter returns an encoder with --json, else n. It calls broken when writing
// fails.
func (p *program) newReporter(n *narrator, broken func(error)) reporter {
	if p.json {
		e := newEncoder(p.events(), broken)
		e.device = n.row.name
		return e
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
func (p *program) observe(ctx context.Context, n *narrator, rec *recorder, run func(context.Context, *tallow.Controls, func(tallow.Event)) (tallow.Result, error)) (result tallow.Result, err error) {
	controls := &tallow.Controls{}
	p.attend(ctx, n.screen, n.keys, []*tallow.Controls{controls}, func(ctx context.Context, fail func(error)) {
		r := p.newReporter(n, fail)
		result, err = p.reported(ctx, n, r, rec, r.warn, func(ctx context.Context, onEvent func(tallow.Event)) (tallow.Result, error) {
			return run(ctx, controls, onEvent)
		})
	})
	return result, err
}

// attend lets the person pause, resume and end the transfers that run begins on a screen:
// by signals, and by keys if stdin is free for them. What run is given ends all of them.
func (p *program) attend(ctx context.Context, s *screen, keys bool, controls []*tallow.Controls, run func(ctx context.Context, fail func(error))) {
	if p.getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit * int64(len(controls)))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer s.close()
	steer := steering{controls: controls, screen: s, quit: func() { cancel(nil) }}
	defer onPauseSignals(steer.pause, steer.resume)()
	if keys && s.moves && isTerminal(p.stdin) {
		s.keys = &keyboard{in: p.stdin, mode: &p.terminal, press: steer.press, gained: s.refresh}
		defer s.keys.close()
	}
	if s.moves {
		defer terminalSignals{resized: s.refresh, suspend: s.suspend, leave: p.terminal.leave}.handle()()
	}
	run(ctx, cancel)
}

// reported runs a transfer, and reports and records its events. warn tells of the record.
func (p *program) reported(ctx context.Context, n *narrator, r reporter, rec *recorder, warn func(reason, format string, args ...any), run func(context.Context, func(tallow.Event)) (tallow.Result, error)) (tallow.Result, error) {
	rec.start(ctx, p, warn)
	defer rec.close()
	result, err := run(ctx, func(e tallow.Event) {
		told := false
		defer func() {
			if !told { // after a panic, the terminal must not stay without echo
				p.terminal.leave()
			}
		}()
		p.logEvent(n.row.name, e)
		rec.event(e)
		r.event(e)
		told = true
	})
	if broken := r.failure(); broken != nil {
		return result, broken
	}
	return result, err
}
