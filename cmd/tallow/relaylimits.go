package main

import (
	"net/netip"
	"strings"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/relay"
)

// limitSettings are the settings of what clients of the relay may have.
func limitSettings(l *relay.Limits, defaults relay.Limits) []settings.Setting {
	*l = defaults
	l.MaxConnections = 0 // it depends on --max-rooms
	return []settings.Setting{
		{Name: "max-connections", Value: &l.MaxConnections, Help: "`number` of machines that can be connected at a time, -1 for no limit (default two for each of --max-rooms, and a tenth more)"},
		{Name: "connections-per-address", Value: &l.ConnectionsPerClient, Help: "`number` of them that can be connected from one address, -1 for no limit"},
		{Name: "rooms-per-address", Value: &l.RoomsPerClient, Help: "`number` of codes that one address may have at a time, -1 for no limit"},
		{Name: "joins-per-code", Value: &l.JoinsPerNameplate, Help: "`number` of times that one code may be tried in a minute, whoever tries it, -1 for no limit"},
		{Name: "bytes-per-second-per-address", Value: &l.BytesPerSecondPerClient, Help: "`bytes` that one address may send in a second, 0 for no limit"},
		{Name: "bytes-per-second-per-room", Value: &l.BytesPerSecondPerRoom, Help: "`bytes` that a pair of machines may send in a second, 0 for no limit"},
		{Name: "bytes-per-room", Value: &l.BytesPerRoom, Help: "`bytes` that a pair of machines may send in all, 0 for no limit"},
		{Name: "bytes-per-second-total", Value: &l.TotalBytesPerSecond, Help: "`bytes` that all together may send in a second, 0 for no limit"},
		{Name: "silent-timeout", Value: &l.SilentTimeout, Help: "how long a pair may say nothing before it is disconnected"},
	}
}

// accessSettings are the settings of who may use the relay.
func accessSettings(a *relay.Access, n *networkLists) []settings.Setting {
	return []settings.Setting{
		{Name: "password", Value: &a.Password, Secret: true, Help: "`PASSWORD` without which nobody can use the relay; better in the variable or the file"},
		{Name: "tokens", Value: &a.Tokens, Secret: true, FileOnly: true},
		{Name: "allow", Value: &n.allow, Help: "`networks` whose machines may use the relay: 10.0.0.0/8,2001:db8::/32 (default all)"},
		{Name: "deny", Value: &n.deny, Help: "`networks` whose machines may not use it"},
		{Name: "trusted-proxies", Value: &n.proxies, Help: "`networks` of reverse proxies in front of the relay, from which it takes X-Forwarded-For"},
	}
}

// networkLists are settings that are lists of networks and addresses.
type networkLists struct {
	allow, deny, proxies []string
}

// parse puts the networks into a. The error is a usage error that says which is
// wrong.
func (n networkLists) parse(a *relay.Access, place func(setting string) string) error {
	for _, list := range []struct {
		setting string
		texts   []string
		to      *[]netip.Prefix
	}{
		{"allow", n.allow, &a.Allow},
		{"deny", n.deny, &a.Deny},
		{"trusted-proxies", n.proxies, &a.TrustedProxies},
	} {
		*list.to = nil
		for _, text := range list.texts {
			network, ok := parseNetwork(text)
			if !ok {
				return usage("A network is an address, or one such as 10.0.0.0/8 or 2001:db8::/32.", "%s: %q is no network", place(list.setting), text)
			}
			*list.to = append(*list.to, network)
		}
	}
	return nil
}

// parseNetwork parses a network, or an address as a network of one.
func parseNetwork(text string) (netip.Prefix, bool) {
	text = strings.TrimSpace(text)
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err == nil
}
