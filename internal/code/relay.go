package code

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxRelay bounds a relay's address in bytes.
const maxRelay = 255

// parseRelay parses a relay's address and returns it in its normal form: lower
// case, addresses as in RFC 5952, ports without leading zeros.
func parseRelay(s string) (string, error) {
	parse := hostPort
	if strings.Contains(s, "://") {
		parse = relayURL
	}
	address, ok := parse(s)
	if !ok || len(address) > maxRelay {
		return "", ErrRelay
	}
	return address, nil
}

// relayURL parses the URL of a relay, which may have a path but no user, query or
// fragment.
func relayURL(s string) (address string, ok bool) {
	u, err := url.Parse(s)
	if err != nil || !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme) {
		return "", false
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", false
	}
	u.Host, ok = hostPort(u.Host)
	return u.String(), ok
}

// hostPort parses HOST or HOST:PORT. A host is a name in ASCII, an IPv4 address,
// or an IPv6 address in brackets.
func hostPort(s string) (address string, ok bool) {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		n, err := strconv.ParseUint(s[i+1:], 10, 16)
		if err != nil || n == 0 {
			return "", false
		}
		host, port = s[:i], ":"+strconv.FormatUint(n, 10)
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		inner, closed := strings.CutSuffix(inner, "]")
		ip, err := netip.ParseAddr(inner)
		return "[" + ip.String() + "]" + port, closed && err == nil && ip.Is6() && plain(ip.Zone(), "-_.")
	}
	host = strings.ToLower(host)
	return host + port, host != "" && !strings.ContainsRune("-._", rune(host[0])) && plain(host, "-_.")
}

// plain reports whether s has only ASCII letters, digits and characters of also.
func plain(s, also string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune(also, r)
	})
}
