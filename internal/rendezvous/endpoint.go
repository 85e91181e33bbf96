package rendezvous

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// localPort is where a relay without TLS listens by default.
const localPort = "8080"

// Endpoint is the address of a relay: what the user named, and the URLs it may
// stand for. The zero Endpoint is no address.
type Endpoint struct {
	name   string // as given
	routes []route
	direct bool // found on this network: never through a proxy
}

// route is one way to reach the relay, an http or https URL without a trailing
// slash in its path.
type route struct {
	url *url.URL
	// ifLocal allows this route only if the host resolves to nothing but
	// addresses of this machine or a private network.
	ifLocal bool
}

// String returns the address as it was given.
func (e Endpoint) String() string { return e.name }

// ParseRelay parses the address of a relay as a user gives it: HOST, HOST:PORT,
// or a ws, wss, http or https URL, whose path is kept. Host names are ASCII and
// kept as they are, in upper or lower case, with a trailing dot or without.
//
//	URL                                  that URL, ws or wss as it says
//	localhost, *.local, loopback,
//	private and link-local addresses     ws (port 8080), then wss (port 443)
//	any other HOST                       wss (port 443); then ws, but only if the
//	                                     name resolves to private addresses alone
//
// So a relay on the public internet is never reached without TLS unless the user
// writes ws://. Of several ways, the first on which a relay answers is used. Errors
// say what is wrong with the address.
func ParseRelay(s string) (Endpoint, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Endpoint{}, errors.New("the relay address is empty")
	}
	if strings.Contains(s, "://") {
		return parseURL(s)
	}
	host, port, err := splitHostPort(s)
	if err != nil {
		return Endpoint{}, fmt.Errorf("relay address %q: %w", s, err)
	}
	plain := func(ifLocal bool) route { return newRoute("http", host, port, localPort, ifLocal) }
	secure := newRoute("https", host, port, "", false)
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil && isLocal(addr), err != nil && isLocalName(host):
		return Endpoint{name: s, routes: []route{plain(false), secure}}, nil
	case err == nil:
		return Endpoint{name: s, routes: []route{secure}}, nil
	default:
		return Endpoint{name: s, routes: []route{secure, plain(true)}}, nil
	}
}

// Nearby returns the endpoint of a relay that was found on this network or machine:
// a plain WebSocket, whatever the address looks like, and never through a proxy.
func Nearby(addr netip.AddrPort) Endpoint {
	host, port := addr.Addr().String(), strconv.Itoa(int(addr.Port()))
	return Endpoint{
		name:   addr.String(),
		routes: []route{newRoute("http", host, port, "", false)},
		direct: true,
	}
}

func newRoute(scheme, host, port, defaultPort string, ifLocal bool) route {
	if port == "" {
		port = defaultPort
	}
	switch {
	case port != "":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	return route{url: &url.URL{Scheme: scheme, Host: host}, ifLocal: ifLocal}
}

func parseURL(s string) (Endpoint, error) {
	u, err := url.Parse(s)
	if err != nil {
		return Endpoint{}, fmt.Errorf("relay address %q is not a URL: write it like wss://relay.example", s)
	}
	scheme := map[string]string{"ws": "http", "http": "http", "wss": "https", "https": "https"}[strings.ToLower(u.Scheme)]
	switch {
	case scheme == "":
		return Endpoint{}, fmt.Errorf("relay address %q: %q is not a scheme of a relay, use wss:// or ws://", s, u.Scheme)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return Endpoint{}, fmt.Errorf("relay address %q: only a host, a port and a path can be in it", s)
	}
	if err := checkHostPort(u.Hostname(), u.Port()); err != nil {
		return Endpoint{}, fmt.Errorf("relay address %q: %w", s, err)
	}
	path := strings.TrimRight(u.Path, "/")
	return Endpoint{name: s, routes: []route{{url: &url.URL{Scheme: scheme, Host: u.Host, Path: path}}}}, nil
}

// splitHostPort splits HOST, HOST:PORT, a bare IPv6 address or one in brackets.
func splitHostPort(s string) (host, port string, err error) {
	if _, err := netip.ParseAddr(s); err == nil {
		return s, "", nil
	}
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") {
		host = strings.TrimSuffix(inner, "]")
	} else if strings.Contains(s, ":") {
		if host, port, err = net.SplitHostPort(s); err != nil || port == "" {
			return "", "", fmt.Errorf("write it as HOST or HOST:PORT")
		}
	} else {
		host = s
	}
	return host, port, checkHostPort(host, port)
}

// checkHostPort refuses what cannot be a host and a port. The port may be "".
func checkHostPort(host, port string) error {
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("%q is not a port, a number from 1 to 65535", port)
		}
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	if host == "" || len(host) > 253 {
		return fmt.Errorf("there is no host in it, write HOST or HOST:PORT")
	}
	for _, c := range host {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
		default:
			return fmt.Errorf("%q cannot be in a host name", c)
		}
	}
	return nil
}

// isLocalName reports whether a name means this machine or this link.
func isLocalName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local")
}

// isLocal reports whether an address belongs to this machine, this link or a private network:
// RFC 1918, RFC 4193 (fc00::/7), RFC 3927, and the shared 100.64.0.0/10 of
// RFC 6598, which overlay networks use.
func isLocal(addr netip.Addr) bool {
	addr = addr.Unmap()
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() ||
		addr.Is4() && addr.As4()[0] == 100 && addr.As4()[1]&0xc0 == 64
}

// IsZero says whether e is no endpoint at all.
func (e Endpoint) IsZero() bool { return len(e.routes) == 0 }

// Covers reports whether all routes of another endpoint are routes of e, too, so that
// the other is the same relay, perhaps written otherwise.
func (e Endpoint) Covers(other Endpoint) bool {
	if e.direct != other.direct || len(other.routes) == 0 {
		return false
	}
	for _, r := range other.routes {
		if !slices.ContainsFunc(e.routes, r.equal) {
			return false
		}
	}
	return true
}

// equal reports whether two routes lead to the same place, on the same condition.
func (r route) equal(other route) bool {
	return r.ifLocal == other.ifLocal && r.url.Scheme == other.url.Scheme && r.url.Path == other.url.Path &&
		strings.EqualFold(r.url.Hostname(), other.url.Hostname()) && r.port() == other.port()
}

func (r route) port() string {
	if port := r.url.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[r.url.Scheme]
}
