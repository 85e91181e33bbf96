package doctor

import (
	"context"
	"net/netip"
	"slices"
)

// checkLocal says whether a sender is found on this network, as far as one machine can
// tell.
func checkLocal(ctx context.Context, probe localProbe) Check {
	c := Check{Name: "network"}
	ctx, cancel := context.WithTimeout(ctx, localTimeout)
	defer cancel()
	found, err := probe.find(ctx)
	outside := slices.ContainsFunc(found, func(a netip.Addr) bool { return !a.IsLoopback() })
	switch {
	case err != nil:
		c.State, c.Text = Warning, "senders on this network are not found by multicast DNS: "+err.Error()
		c.Hint = "Name a relay on both sides: it also connects machines on one network."
	case !outside:
		c.State, c.Text = Warning, "multicast DNS works on this machine, but on no network"
		c.Hint = "Check that this machine is connected to a network, and that its firewall lets UDP port 5353 through."
	default:
		c.State, c.Text = OK, "multicast DNS works: senders on this network are found, unless it keeps machines apart, as networks for guests do"
	}
	return c
}
