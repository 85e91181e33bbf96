package relay

import (
	"net/http"
	"net/netip"
	"strings"
)

// clientAddr is the address that a request's limits count against: that of the
// connection, or the one that a trusted proxy has appended to X-Forwarded-For.
// Entries before the last come from the client and prove nothing.
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
	// What is no address, as of a test's pipe, counts as one client.
	peer, _ := netip.ParseAddrPort(req.RemoteAddr)
	return peer.Addr()
}
