package relay

import (
	"net/http"
	"net/netip"
	"strings"
)

// clientAddr returns the address that a request counts against: the one of the
// connection, or the one that a trusted proxy appended to X-Forwarded-For. Earlier
// entries come from the client and prove nothing.
func (r *Relay) clientAddr(req *http.Request) netip.Addr {
	if r.config.TrustProxy {
		if forwarded := req.Header.Values("X-Forwarded-For"); len(forwarded) > 0 {
			last := forwarded[len(forwarded)-1]
			last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
			if addr, err := netip.ParseAddr(last); err == nil {
				return addr
			}
			if addr, err := netip.ParseAddrPort(last); err == nil { // as some proxies write it
				return addr.Addr()
			}
		}
	}
	// All that have no IP address, such as the pipes of tests, count as one client.
	peer, _ := netip.ParseAddrPort(req.RemoteAddr)
	return peer.Addr()
}
