package doctor

import (
	"context"
	"fmt"
	"net/netip"
)

func checkMappings(ctx context.Context, probe stunProbe, servers []string) []mapping {
	if len(servers) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, udpTimeout)
	defer cancel()
	return probe.ask(ctx, servers)
}

// answered returns the mappings of the servers that answered.
func answered(all []mapping) (some []mapping) {
	for _, m := range all {
		if m.seen.IsValid() {
			some = append(some, m)
		}
	}
	return some
}

// checkUDP says whether UDP gets to a STUN server and back.
func checkUDP(facts relayFacts, mappings []mapping) Check {
	c := Check{Name: "udp"}
	seen := answered(mappings)
	switch {
	case len(facts.stun) == 0:
		c.State, c.Text = Unknown, "there is no STUN server to ask"
	case len(seen) == 0:
		c.State, c.Text = Warning, fmt.Sprintf("UDP is blocked: the STUN server %s does not answer", facts.stun[0])
		c.Hint = "A firewall on the way may let no UDP through, or the relay may not be reachable by UDP."
	default:
		c.State, c.Text = OK, fmt.Sprintf("UDP works: %s sees this machine at %s", seen[0].server, seen[0].seen)
	}
	return c
}

// natKind is how a NAT maps the address of a socket (RFC 4787, section 4.1).
type natKind int

const (
	natUnknown natKind = iota // nothing is known
	natNone                   // there is no NAT
	natSingle                 // there is one, and only one server to ask
	natIndependent
	natDependent
)

// kindOfNAT compares the mappings of one socket (RFC 5780, section 4.3). Of several
// servers only those with different addresses tell something.
func kindOfNAT(mappings []mapping) natKind {
	seen := answered(mappings)
	if len(seen) == 0 {
		return natUnknown
	}
	if seen[0].own {
		return natNone
	}
	kind := natSingle
	for _, m := range seen[1:] {
		switch {
		case m.server == seen[0].server || !sameFamily(m.server, seen[0].server):
		case m.seen != seen[0].seen:
			return natDependent
		default:
			kind = natIndependent
		}
	}
	return kind
}

func sameFamily(a, b netip.AddrPort) bool { return a.Addr().Is4() == b.Addr().Is4() }

func checkNAT(mappings []mapping) Check {
	c := Check{Name: "nat", State: OK}
	switch kindOfNAT(mappings) {
	case natNone:
		c.Text = "there is no NAT between this machine and the relay"
	case natIndependent:
		c.Text = "a NAT with endpoint-independent mapping: other machines can be reached through it"
	case natDependent:
		c.State = Warning
		c.Text = "a NAT with endpoint-dependent mapping, also called symmetric: each machine outside sees another port"
	case natSingle:
		c.State = Unknown
		c.Text = "there is a NAT; the relay has only one STUN address, so its kind cannot be told"
	default:
		c.State, c.Text = Unknown, "no STUN server answers, so nothing is known of a NAT"
	}
	return c
}
