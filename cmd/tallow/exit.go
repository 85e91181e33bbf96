package main

import (
	"fmt"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// exitInterrupted is the exit code of a program that a signal ended: 128 plus the
// number of SIGINT.
const exitInterrupted = 130

// exitCode returns the exit code for a kind of error.
func exitCode(kind tallow.ErrorKind) int {
	switch kind {
	case tallow.KindUsage:
		return 2
	case tallow.KindCode:
		return 3
	case tallow.KindDeclined:
		return 4
	case tallow.KindNetwork:
		return 5
	case tallow.KindPartial:
		return 6
	case tallow.KindIO:
		return 7
	case tallow.KindIntegrity:
		return 8
	case tallow.KindInterrupted:
		return exitInterrupted
	}
	return 1
}

// exit prints the error that ended the program, if there is one, and returns the
// exit code. Every error ends here.
func (p *program) exit(err error) int {
	if err == nil {
		return 0
	}
	f := failureOf(err)
	if p.json {
		e := newEncoder(p.events(), nil)
		e.failed(f)
		if e.failure() == nil {
			return exitCode(f.kind)
		}
		// Nobody reads the events any more: a person may still read this.
	}
	fmt.Fprintf(p.stderr, "%s %s\n", p.palette(p.stderr).paint(red, "tallow:"), printable(f.message))
	if f.hint != "" {
		fmt.Fprintln(p.stderr, printable(f.hint))
	}
	return exitCode(f.kind)
}
