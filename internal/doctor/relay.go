package doctor

import (
	"context"
	"fmt"
	"time"
)

// maxOffset is how wrong a clock may be: the date of HTTP is in whole seconds, and
// credentials of TURN are valid for minutes at least.
const maxOffset = time.Minute

func checkRelay(ctx context.Context, probe relayProbe) (Check, relayFacts) {
	c := Check{Name: "relay"}
	if probe == nil {
		c.State, c.Text = Unknown, "no relay is named"
		c.Hint = "To reach machines outside of this network, name one: tallow config set relay HOST"
		return c, relayFacts{}
	}
	ctx, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	facts, err := probe.look(ctx)
	if err != nil {
		c.State, c.Text = Failed, err.Error()
		c.Hint = "Check the name of the relay, and ask who runs it."
		return c, relayFacts{}
	}
	c.State = OK
	how := "by TLS"
	if !facts.secure {
		how = "without TLS"
	}
	version := facts.version
	if version == "" {
		version = "unknown"
	}
	c.Text = fmt.Sprintf("%s answers %s in %v; its version is %s", facts.name, how, facts.delay.Round(time.Millisecond), version)
	return c, facts
}

func checkClock(offset time.Duration) Check {
	c := Check{Name: "clock", State: OK, Text: "the clock agrees with that of the relay"}
	if offset.Abs() > maxOffset {
		direction := "behind"
		if offset < 0 {
			direction = "ahead of"
		}
		c.State = Warning
		c.Text = fmt.Sprintf("the clock is %v %s that of the relay", offset.Abs().Round(time.Second), direction)
		c.Hint = "Set the clock: with a wrong one certificates and credentials of TURN may not be valid."
	}
	return c
}
