package rendezvous

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// leastSTUNPort is the smallest port that a relay may name for STUN, other than
// its own.
const leastSTUNPort = 1024

// stunAddress returns the "HOST:PORT" of the STUN service that a welcome names,
// or "" if it names none that counts. The relay is not trusted, and must not be
// able to aim this machine's packets at others: the host has to be the one by
// which the person reached the relay at base, and a port under 1024 has to be the
// port by which they did.
func stunAddress(said string, base *url.URL) string {
	host, port, err := net.SplitHostPort(said)
	if err != nil {
		return ""
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || n < leastSTUNPort && int(n) != portOf(base) {
		return ""
	}
	if host != "" && !sameHost(host, base.Hostname()) {
		return ""
	}
	return net.JoinHostPort(base.Hostname(), strconv.FormatUint(n, 10))
}

// portOf returns the port of an http or https URL.
func portOf(u *url.URL) int {
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return n
	}
	if u.Scheme == "https" {
		return 443
	}
	return 80
}

// sameHost reports whether two hosts are the same address or the same name.
func sameHost(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	if errX == nil && errY == nil {
		return x.Unmap() == y.Unmap()
	}
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}
