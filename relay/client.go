package relay

import (
	"net/http"
	"net/netip"
)

// servedClient returns the client of a request that concerns no room, or answers that it is not
// served.
func (r *Relay) servedClient(w http.ResponseWriter, req *http.Request) (client netip.Addr, ok bool) {
	client = r.config.Access.clientAddr(req)
	switch {
	case !r.config.Access.serves(client):
		r.rejected("denied")
		refuse(w, http.StatusForbidden, "denied", "The relay does not serve this address.")
	case r.isClosing():
		r.rejected("closing")
		refuse(w, http.StatusServiceUnavailable, "closing", "The relay is closing; try again later.")
	default:
		return client, true
	}
	return client, false
}
