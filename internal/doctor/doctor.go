package doctor

import (
	"context"
	"time"
)

// How long a check may take.
const (
	relayTimeout = 20 * time.Second
	udpTimeout   = 5 * time.Second
	localTimeout = 5 * time.Second

	keyringTimeout = 10 * time.Second // a person may have to unlock it
)

// Doctor makes the checks.
type Doctor struct {
	relay  relayProbe // nil: no relay is named
	stun   stunProbe
	local  localProbe
	keys   keyProbe
	disk   diskProbe
	state  string // the folder of state; may be empty
	output string // the folder to receive into
}

// State says how a check came out.
type State string

// The states. Failed is what keeps transfers from working; with Warning they work
// less well, and with Unknown nothing can be said.
const (
	OK      State = "ok"
	Warning State = "warning"
	Failed  State = "failed"
	Unknown State = "unknown"
)

// Check is the result of one check, in words for people.
type Check struct {
	Name  string // relay, clock, udp, nat, network, keyring, state or output
	State State
	Text  string // what was found
	Hint  string // what can be done about it; may be empty
}

// Report is the result of all checks.
type Report struct {
	Checks  []Check
	Verdict Verdict
}

// Run makes all checks and calls tell with each as it is done.
func (d *Doctor) Run(ctx context.Context, tell func(Check)) Report {
	var r Report
	note := func(checks ...Check) {
		for _, c := range checks {
			r.Checks = append(r.Checks, c)
			tell(c)
		}
	}
	relay, facts := checkRelay(ctx, d.relay)
	note(relay)
	if facts.known {
		note(checkClock(facts.offset))
	}
	mappings := checkMappings(ctx, d.stun, facts.stun)
	note(checkUDP(facts, mappings))
	if len(facts.stun) > 0 {
		note(checkNAT(mappings))
	}
	local := checkLocal(ctx, d.local)
	note(local)
	note(checkKeyring(ctx, d.keys))
	note(checkFolder("state", "the folder of state", d.state, d.disk), checkFolder("output", "the folder to receive into", d.output, d.disk))
	r.Verdict = verdict(relay, local, mappings)
	return r
}

// Failed returns the checks that failed.
func (r Report) Failed() (failed []Check) {
	for _, c := range r.Checks {
		if c.State == Failed {
			failed = append(failed, c)
		}
	}
	return failed
}
